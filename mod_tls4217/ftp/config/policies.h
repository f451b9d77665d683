/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the server's policies, as they apply to this session
 *
 * Finds what TLSControlProtection, TLSDataProtection, TLSDataRule and
 * TLSUserProtection say in the contexts that hold now, and turns it into what
 * the engine in rfc4217/policy.c works on.
 */

#ifndef TLS4217_FTP_CONFIG_POLICIES_H
#define TLS4217_FTP_CONFIG_POLICIES_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"

/*
 * Completes the settings of a server (settings.h): with its rules, and with
 * the views and rules of <Anonymous> (NULL where there is none), which come
 * first.  Rules are allocated from p.
 */
void tls4217_policies_resolve(pool *p, xaset_t *server, xaset_t *anonymous,
  struct tls4217_settings *settings);

/*
 * What TLSUserProtection says about a user who names himself user: the first
 * line whose list means him by that name, by the one that UserAlias makes of
 * it, or, after the login, by session.user: a database may know him by another
 * spelling (rfc4217/expression.h).  An <Anonymous> of that name which has
 * TLSRequired counts too.  Returns TLS4217_VIEW_OPTIONAL where nothing is said,
 * which is always so where settings->user_views is false.
 */
enum tls4217_view tls4217_policies_user_view(
  pool *tmp_pool, xaset_t *server, const char *user);

/*
 * TLSOptions AllowPerUser: what the sections of a user say about the control
 * connection, before there is a login: <Anonymous>, if he is one, else the
 * first <IfUser> that has a TLSControlProtection (or TLSRequired) and names
 * him, without regex.  Returns TLS4217_CONTROL_VIEW_UNKNOWN where none does.
 */
enum tls4217_control_view tls4217_policies_section_view(
  pool *tmp_pool, xaset_t *server, const char *user);

/*
 * The view of the <Directory> nearest above a path (with the chroot's prefix),
 * or TLS4217_VIEW_UNKNOWN; *tightened says whether an .ftpaccess between it and
 * the path says required.
 */
enum tls4217_view tls4217_policies_directory_view(
  pool *tmp_pool, const char *path, bool *tightened);

/*
 * Fills *below with the views of the <Directory> sections at or below path
 * (with the chroot's prefix) that are known now; those whose names are
 * patterns count where they could match.  p holds what is needed meanwhile.
 */
void tls4217_policies_views_below(
  pool *p, const char *path, struct tls4217_views_below *below);

/*
 * Says in ProFTPD's log what cannot be meant as it is written: rules that are
 * never asked, protection that is required of an engine that is off.
 */
void tls4217_policies_check(
  const server_rec *rec, const struct tls4217_settings *settings);

#endif
