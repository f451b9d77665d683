/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the policy engine: the server's views of RFC 4217, section 10
 *
 * Answers two questions about the data connection (section 10.2): which view
 * applies to this one transfer, and could any transfer of this session use a
 * given protection level.  Knows no file system and no users: the caller
 * says what the transfer is, after it has resolved its path.  The commands
 * that ask these questions are in state.c.
 */

#ifndef TLS4217_RFC4217_POLICY_H
#define TLS4217_RFC4217_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "mod_tls4217/rfc4217/names.h"

/* One transfer, as a rule sees it. */
struct tls4217_transfer {
  const char *command; /* upper case, as "RETR" */
  const char *path;    /* real absolute path of the target, or NULL */

  /*
   * The view of the most specific <Directory> above the target, or
   * TLS4217_VIEW_UNKNOWN where none has one.
   */
  enum tls4217_view directory_view;

  /*
   * An .ftpaccess above the target, and below that <Directory>, says
   * "required".  The owner of a directory may only tighten what the
   * administrator decided: this turns optional into required, and nothing else.
   */
  bool tightened;
};

/*
 * As tls4217_transfer.path: any path below some place.  A rule's matcher takes
 * a condition on the path as met, for it may be.
 */
extern const char *const tls4217_policy_any_path;

/*
 * What the directories below a place say, as far as the configuration says: the
 * views that some of them have, and whether an .ftpaccess may say "required"
 * (see tls4217_transfer.tightened).
 */
struct tls4217_views_below {
  bool none, optional, required;
  bool tightened;
};

/* A rule: the view that it gives, and whether it speaks of a transfer. */
struct tls4217_rule {
  enum tls4217_view view; /* none, optional or required */

  /*
   * True when the rule applies.  rule is this rule; the caller's matcher
   * finds its own data in rule->data.  NULL is a rule without a condition:
   * it applies to every transfer, and no rule after it is ever asked.
   */
  bool (*matches)(
    const struct tls4217_rule *rule, const struct tls4217_transfer *transfer);
  const void *data;

  /* Where it matches a place, it matches whatever is below: a pattern that ends
   * with an asterisk. */
  bool covers_below;
};

/* The data policy of one session.  All members belong to the caller. */
struct tls4217_data_policy {
  enum tls4217_view view;           /* of the server; unknown: optional */
  const struct tls4217_rule *rules; /* under per-transfer, in order */
  size_t nrules;
  bool directory_views; /* a <Directory> or .ftpaccess that
                                         has a view exists or may exist */
};

/*
 * The view that applies to one transfer.  Under a plain server-wide view the
 * directory's view replaces it where there is one, because it is the more
 * specific; under per-transfer the first rule that matches decides, then the
 * directory's view, then optional.  A rule or directory whose view is
 * per-transfer or unknown decides nothing.  What comes out as optional becomes
 * required for a transfer that is tightened.  Never per-transfer or unknown.
 * RFC 4217, section 10.2.
 */
enum tls4217_view tls4217_policy_view(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer);

/*
 * Whether everything below a place may be transferred at level, as far as can
 * be said without looking through it: the strictest view that anything there
 * may have decides.  transfer is about the place itself, whose own view must
 * allow the level too; rules with a condition on the path may hold or not.
 * RFC 4217, section 10.2.
 */
bool tls4217_policy_allows_below(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below, enum tls4217_level level);

/*
 * Whether a data connection at level is lawful under a view.  False for
 * levels other than C and P and for views that are no answer (per-transfer,
 * unknown).
 */
bool tls4217_policy_allows(enum tls4217_view view, enum tls4217_level level);

/*
 * Whether any transfer of a session under this policy could use level (C or
 * P).  False means that PROT may refuse the level at once (534); a level
 * that only some transfers may use is accepted there, because the decision
 * belongs to the transfer command (RFC 4217, section 10.2).  Conditions of
 * rules are not asked, each may hold; directory_views keeps both levels
 * reachable unless a rule without a condition precedes them.
 */
bool tls4217_policy_reachable(
  const struct tls4217_data_policy *policy, enum tls4217_level level);

#endif
