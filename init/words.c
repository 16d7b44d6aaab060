/* words.c - a command in one line, as words. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "init/words.h"

/* Where the reading is, and the place in the block that takes the next letter. */
struct cursor {
	const char *at;
	char *to;
};

static const char blanks[] = " \t\r\n";

/* The rest of '...' or "..."; at is behind the first quote. */
static const char *
take_quoted(struct cursor *c, char quote)
{
	while (*c->at != quote) {
		if (*c->at == '\0')
			return quote == '"' ? "has a \" without its second one" :
			    "has a ' without its second one";
		if (quote == '"' && *c->at == '\\' && (c->at[1] == '"' || c->at[1] == '\\'))
			c->at++;
		*c->to++ = *c->at++;
	}
	c->at++;
	return NULL;
}

static const char *
take_word(struct cursor *c)
{
	const char *wrong = NULL;
	char letter;

	/* a shell or a reader of INI files would take these for more than a word */
	if (strchr(";#&|<>", *c->at) != NULL)
		return "has a word that begins with one of ; # & | < > outside of quotes: no shell "
		    "reads it, and comments stand on lines of their own; put quotes around it, or "
		    "write sh -c '...'";
	while (wrong == NULL && *c->at != '\0' && strchr(blanks, *c->at) == NULL) {
		letter = *c->at++;
		if (letter == '\'' || letter == '"') {
			wrong = take_quoted(c, letter);
			continue;
		}
		if (letter == '\\' && *c->at == '\0')
			return "ends with a backslash";
		*c->to++ = letter == '\\' ? *c->at++ : letter;
	}
	*c->to++ = '\0';
	return wrong;
}

char **
words_split(const char *text, const char **wrong)
{
	size_t length = strlen(text), most = length / 2 + 2;
	char **words = malloc(most * sizeof(*words) + length + 1);
	struct cursor c = { .at = text + strspn(text, blanks) };
	size_t count = 0;

	*wrong = words == NULL ? "has no memory left for it" : NULL;
	if (words != NULL)
		c.to = (char *)(words + most);
	while (*wrong == NULL && *c.at != '\0') {
		words[count++] = c.to;
		*wrong = take_word(&c);
		c.at += strspn(c.at, blanks);
	}
	if (*wrong == NULL && (count == 0 || *words[0] == '\0'))
		*wrong = "has no program to run";
	if (*wrong != NULL) {
		free(words);
		return NULL;
	}
	words[count] = NULL;
	return words;
}
