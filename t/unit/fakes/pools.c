/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: memory, texts, arrays and tables
 *
 * See fakes.h.  Nothing is rounded up, and nothing used twice.
 */

#include "t/unit/fakes/fakes.h"

struct block {
  struct block *next;
  void *memory;
};

struct pool_rec {
  struct pool_rec *parent, *first, *next;
  struct block *blocks;
};

struct entry {
  struct entry *next;
  char *key;
  const void *value;
  size_t size;
};

struct table_rec {
  pool *pool;
  struct entry *entries;
};

pool *permanent_pool;

static void *checked(void *memory) {
  if (memory == NULL) {
    abort();
  }

  return memory;
}

pool *make_sub_pool(pool *parent) {
  pool *p = checked(calloc(1, sizeof(*p)));

  p->parent = parent;
  if (parent != NULL) {
    p->next = parent->first;
    parent->first = p;
  }

  return p;
}

static void leave_parent(pool *p) {
  pool **link = &p->parent->first;

  while (*link != p) {
    link = &(*link)->next;
  }

  *link = p->next;
}

void destroy_pool(pool *p) {
  while (p->first != NULL) {
    destroy_pool(p->first);
  }

  while (p->blocks != NULL) {
    struct block *block = p->blocks;

    p->blocks = block->next;
    free(block->memory);
    free(block);
  }

  if (p->parent != NULL) {
    leave_parent(p);
  }

  free(p);
}

void fakes_begin_pools(void) {
  permanent_pool = make_sub_pool(NULL);
}

void fakes_end_pools(void) {
  destroy_pool(permanent_pool);
  permanent_pool = NULL;
}

void *pcalloc(pool *p, size_t size) {
  struct block *block = checked(malloc(sizeof(*block)));

  block->memory = checked(calloc(1, size));
  block->next = p->blocks;
  p->blocks = block;
  return block->memory;
}

/* As a pool may: with what was in the memory before. */
void *palloc(pool *p, size_t size) {
  return memset(pcalloc(p, size), 0xa5, size);
}

void pr_pool_tag(pool *p, const char *tag) {
  (void) p;
  (void) tag;
}

void pr_memscrub(void *memory, size_t size) {
  memset(memory, 0, size);
}

/* Texts. */

char *pstrndup(pool *p, const char *text, size_t len) {
  char *copy;

  if (p == NULL || text == NULL) {
    return NULL;
  }

  len = strnlen(text, len);
  copy = pcalloc(p, len + 1);
  return memcpy(copy, text, len);
}

char *pstrdup(pool *p, const char *text) {
  return text != NULL ? pstrndup(p, text, strlen(text)) : NULL;
}

/* Puts the words together; with a separator, so that there is one between
 * each two. */
static char *join(pool *p, va_list ap, bool with_slashes) {
  char *text = pstrdup(p, "");
  const char *word;

  while ((word = va_arg(ap, const char *)) != NULL) {
    size_t len = strlen(text), size;
    char *longer;
    bool slash;

    if (with_slashes && len > 0 && text[len - 1] == '/') {
      text[--len] = '\0';
    }

    slash = with_slashes && len + strlen(text) > 0 && *word != '/';
    size = len + strlen(word) + 2;
    longer = pcalloc(p, size);
    (void) snprintf(longer, size, "%s%s%s", text, slash ? "/" : "", word);
    text = pstrdup(p, longer);
  }

  return text;
}

char *pstrcat(pool *p, ...) {
  va_list ap;
  char *text;

  va_start(ap, p);
  text = join(p, ap, false);
  va_end(ap);
  return text;
}

char *pdircat(pool *p, ...) {
  va_list ap;
  char *text;

  va_start(ap, p);
  text = join(p, ap, true);
  va_end(ap);
  return text;
}

int pr_str_is_boolean(const char *text) {
  static const char *const words[] = { "off", "on", "no", "yes", "false",
    "true", "0", "1" };

  for (int i = 0; i < (int) (sizeof(words) / sizeof(words[0])); i++) {
    if (strcasecmp(words[i], text) == 0) {
      return i % 2;
    }
  }

  errno = EINVAL;
  return -1;
}

int pr_str_is_fnmatch(const char *text) {
  return strpbrk(text, "*?[\\") != NULL;
}

/* Seconds, or hours:minutes:seconds without their units. */
int pr_str_get_duration(const char *text, int *duration) {
  char *end;
  long seconds = strtol(text, &end, 10);

  if (end == text || *end != '\0' || seconds < 0 || seconds > INT_MAX) {
    errno = EINVAL;
    return -1;
  }

  *duration = (int) seconds;
  return 0;
}

char *pr_str_get_token(char **text, char *separators) {
  char *token = *text;
  size_t len;

  if (token == NULL || *token == '\0') {
    return NULL;
  }

  len = strcspn(token, separators);
  *text = token[len] != '\0' ? token + len + 1 : token + len;
  token[len] = '\0';
  return token;
}

/* Arrays. */

array_header *make_array(pool *p, unsigned int room, size_t size) {
  array_header *array = pcalloc(p, sizeof(*array));

  (void) room;
  array->pool = p;
  array->elt_size = size;
  return array;
}

void *push_array(array_header *array) {
  size_t used = array->nelts * array->elt_size;
  char *elements = pcalloc(array->pool, used + array->elt_size);

  if (used > 0) {
    memcpy(elements, array->elts, used);
  }

  array->elts = elements;
  array->nelts++;
  array->nalloc = array->nelts;
  return elements + used;
}

array_header *pr_expr_create(pool *p, unsigned int *argc, char **argv) {
  array_header *words = make_array(p, 0, sizeof(char *));

  for (unsigned int i = 1; i < *argc; i++) {
    char *rest = pstrdup(p, argv[i]), *word;

    while ((word = pr_str_get_token(&rest, ",")) != NULL) {
      if (*word != '\0') {
        *((char **) push_array(words)) = pstrdup(p, word);
      }
    }
  }

  *argc = words->nelts;
  *((char **) push_array(words)) = NULL;
  words->nelts--;
  return words;
}

/* Tables. */

pr_table_t *fakes_table(pool *p) {
  pr_table_t *table = pcalloc(p, sizeof(*table));

  table->pool = p;
  return table;
}

static struct entry *find_entry(const pr_table_t *table, const char *key) {
  struct entry *entry = table != NULL ? table->entries : NULL;

  while (entry != NULL && strcmp(entry->key, key) != 0) {
    entry = entry->next;
  }

  return entry;
}

int pr_table_add(
  pr_table_t *table, const char *key, const void *value, size_t size) {
  struct entry *entry;

  if (find_entry(table, key) != NULL) {
    errno = EEXIST;
    return -1;
  }

  entry = pcalloc(table->pool, sizeof(*entry));
  entry->key = pstrdup(table->pool, key);
  entry->value = value;
  entry->size = size > 0 || value == NULL ? size : strlen(value) + 1;
  entry->next = table->entries;
  table->entries = entry;
  return 0;
}

int pr_table_add_dup(
  pr_table_t *table, const char *key, const void *value, size_t size) {
  void *copy;

  size = size > 0 ? size : strlen(value) + 1;
  copy = pcalloc(table->pool, size);
  return pr_table_add(table, key, memcpy(copy, value, size), size);
}

const void *pr_table_get(pr_table_t *table, const char *key, size_t *size) {
  const struct entry *entry = find_entry(table, key);

  if (entry == NULL) {
    errno = ENOENT;
    return NULL;
  }

  if (size != NULL) {
    *size = entry->size;
  }

  return entry->value;
}

const void *pr_table_remove(pr_table_t *table, const char *key, size_t *size) {
  const void *value = pr_table_get(table, key, size);

  for (struct entry **link = &table->entries; *link != NULL;
       link = &(*link)->next) {
    if (strcmp((*link)->key, key) == 0) {
      *link = (*link)->next;
      break;
    }
  }

  return value;
}
