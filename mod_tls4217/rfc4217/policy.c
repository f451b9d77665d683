/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the policy engine: the server's views of RFC 4217, section 10
 *
 * Finds the view of the data connection (section 10.2) that applies to one
 * transfer, says which protection levels a view allows, and which levels a
 * session could ever use.  How a rule matches belongs to the rule's owner;
 * the reply that follows from a view is chosen in state.c.
 */

#include "mod_tls4217/rfc4217/policy.h"

const char *const tls4217_policy_any_path = "*";

static const bool lawful_levels[][2] = {
  [TLS4217_VIEW_NONE] = { [TLS4217_LEVEL_CLEAR] = true },
  [TLS4217_VIEW_OPTIONAL] = { [TLS4217_LEVEL_CLEAR] = true,
    [TLS4217_LEVEL_PRIVATE] = true },
  [TLS4217_VIEW_REQUIRED] = { [TLS4217_LEVEL_PRIVATE] = true },
};

/*
 * View 4 is "one of the above three" (section 10.2): only those three can be
 * the answer for a transfer.
 */
static bool decides(enum tls4217_view view) {
  return view == TLS4217_VIEW_NONE || view == TLS4217_VIEW_OPTIONAL ||
    view == TLS4217_VIEW_REQUIRED;
}

static bool matches(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  if (!decides(rule->view)) {
    return false;
  }

  return rule->matches == NULL || rule->matches(rule, transfer);
}

static const struct tls4217_rule *find_rule(
  const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer) {
  if (policy->view != TLS4217_VIEW_PER_TRANSFER) {
    return NULL;
  }

  for (size_t i = 0; i < policy->nrules; i++) {
    if (matches(&policy->rules[i], transfer)) {
      return &policy->rules[i];
    }
  }

  return NULL;
}

/* What is left when neither a rule nor a directory speaks of a transfer. */
static enum tls4217_view get_default_view(
  const struct tls4217_data_policy *policy) {
  return decides(policy->view) ? policy->view : TLS4217_VIEW_OPTIONAL;
}

/* That of what no rule speaks of. */
static enum tls4217_view get_view_without_rules(
  const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer) {
  if (decides(transfer->directory_view)) {
    return transfer->directory_view;
  }

  return get_default_view(policy);
}

static enum tls4217_view decide_view(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer) {
  const struct tls4217_rule *rule = find_rule(policy, transfer);

  if (rule != NULL) {
    return rule->view;
  }

  return get_view_without_rules(policy, transfer);
}

enum tls4217_view tls4217_policy_view(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer) {
  enum tls4217_view view = decide_view(policy, transfer);

  if (view == TLS4217_VIEW_OPTIONAL && transfer->tightened) {
    return TLS4217_VIEW_REQUIRED;
  }

  return view;
}

bool tls4217_policy_allows(enum tls4217_view view, enum tls4217_level level) {
  if (!decides(view) ||
    (level != TLS4217_LEVEL_CLEAR && level != TLS4217_LEVEL_PRIVATE)) {
    return false;
  }

  return lawful_levels[view][level];
}

/*
 * Whether the rules allow the level to whatever may lie below a place.
 * *conclusive becomes true when a rule speaks of all of it, so that neither
 * the rules behind it nor the directories are ever asked; *optional, when a
 * rule leaves the choice to the client, and so to an .ftpaccess.
 */
static bool rules_allow_below(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer, enum tls4217_level level,
  bool *conclusive, bool *optional) {
  struct tls4217_transfer somewhere = *transfer, nowhere = *transfer;

  somewhere.path = tls4217_policy_any_path;
  nowhere.path = NULL;

  for (size_t i = 0; i < policy->nrules && !*conclusive; i++) {
    const struct tls4217_rule *rule = &policy->rules[i];

    if (matches(rule, &somewhere)) {
      if (!tls4217_policy_allows(rule->view, level)) {
        return false;
      }

      *optional = *optional || rule->view == TLS4217_VIEW_OPTIONAL;
      *conclusive = matches(rule, &nowhere) ||
        (rule->covers_below && matches(rule, transfer));
    }
  }

  return true;
}

/* Optional allows whatever the place itself allows. */
static bool views_allow(
  const struct tls4217_views_below *views, enum tls4217_level level) {
  return (!views->none || tls4217_policy_allows(TLS4217_VIEW_NONE, level)) &&
    (!views->required || tls4217_policy_allows(TLS4217_VIEW_REQUIRED, level));
}

/* Whether what no rule speaks of, at a place and below it, allows a level. */
static bool rest_allows(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below, enum tls4217_level level) {
  return tls4217_policy_allows(
           get_view_without_rules(policy, transfer), level) &&
    views_allow(below, level);
}

bool tls4217_policy_allows_below(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below, enum tls4217_level level) {
  bool conclusive = false, optional = false, tightened;

  if (!tls4217_policy_allows(tls4217_policy_view(policy, transfer), level)) {
    return false;
  }

  if (policy->view == TLS4217_VIEW_PER_TRANSFER &&
    !rules_allow_below(policy, transfer, level, &conclusive, &optional)) {
    return false;
  }

  if (!conclusive) {
    if (!rest_allows(policy, transfer, below, level)) {
      return false;
    }

    optional = optional ||
      get_view_without_rules(policy, transfer) == TLS4217_VIEW_OPTIONAL;
  }

  /*
   * An .ftpaccess turns optional into required.  One above the place reaches
   * all that is optional, but for a directory below that has a view of its own.
   */
  tightened = (optional && (transfer->tightened || below->tightened)) ||
    (!conclusive && below->optional && below->tightened);
  return !tightened || tls4217_policy_allows(TLS4217_VIEW_REQUIRED, level);
}

/*
 * Whether a rule could give a transfer this level.  *conclusive becomes true
 * when a rule without a condition leaves nothing to what comes after it.
 */
static bool rules_reach(const struct tls4217_data_policy *policy,
  enum tls4217_level level, bool *conclusive) {
  *conclusive = false;

  for (size_t i = 0; i < policy->nrules && !*conclusive; i++) {
    const struct tls4217_rule *rule = &policy->rules[i];

    if (tls4217_policy_allows(rule->view, level)) {
      return true;
    }

    *conclusive = decides(rule->view) && rule->matches == NULL;
  }

  return false;
}

bool tls4217_policy_reachable(
  const struct tls4217_data_policy *policy, enum tls4217_level level) {
  bool conclusive = false;

  if (policy->view == TLS4217_VIEW_PER_TRANSFER) {
    bool reached = rules_reach(policy, level, &conclusive);

    if (reached || conclusive) {
      return reached;
    }
  }

  /* Some directory may have any of the three views: no level is excluded. */
  if (policy->directory_views) {
    return tls4217_policy_allows(TLS4217_VIEW_OPTIONAL, level);
  }

  return tls4217_policy_allows(get_default_view(policy), level);
}
