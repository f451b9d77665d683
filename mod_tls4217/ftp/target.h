/*
 * mod_tls4217 - what a transfer command is about
 *
 * Policies speak of the real path of a file, as <Directory> does; a command
 * gives a name as the client sees it: relative, with "..", through symbolic
 * links, below a chroot, with options and patterns in a listing.
 */

#ifndef TLS4217_FTP_TARGET_H
#define TLS4217_FTP_TARGET_H

#include "mod_tls4217/ftp/core.h"

/*
 * The targets of the transfer command cmd: an array of char *, real absolute
 * paths with the chroot's prefix, at least one.  A listing whose argument can
 * be read in more than one way, or is a pattern, has several; all of them
 * must be allowed.  For APPE, RETR and STOR the core must have checked the
 * path (its PRE_CMD handlers).  Allocated from cmd->tmp_pool.
 */
array_header *tls4217_target_find(cmd_rec *cmd);

/*
 * Loads the .ftpaccess files that apply to the targets of a listing, or of
 * STOU, which the core does later.
 */
void tls4217_target_load_ftpaccess(cmd_rec *cmd, const array_header *targets);

#endif
