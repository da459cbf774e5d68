"""What is wrong with a text that the grammar refuses, in a sentence. Plain Python."""

from lark import Token, UnexpectedInput, UnexpectedToken

from telemetry.search.errors import SearchError


def explained(error: UnexpectedInput, text: str) -> SearchError:
    """The error of lark's *error* over *text*, with its place."""
    if isinstance(error, UnexpectedToken):
        return _at_end(error, text) if error.token.type == "$END" else _at_token(error.token, error)
    # What no terminal matches is a quote without its end; everything else is a word.
    position: int = vars(error)["pos_in_stream"]  # lark annotates it as None
    return SearchError("The quote that begins here is not closed.", position, len(text) - position)


def _at_end(error: UnexpectedToken, text: str) -> SearchError:
    last = text.rstrip()
    word = last.split()[-1].lstrip("(")
    position = len(last) - len(word)
    if "RPAR" in error.accepts:
        opened = _unclosed(text)
        return SearchError("The bracket that opens here is not closed.", opened, 1)
    if error.accepts.isdisjoint({"KEY"}):
        return SearchError(f'{word} needs a value, like {word}name or {word}"two words".', position, len(word))
    if not word:
        return SearchError("The bracket that opens here is not closed.", _unclosed(text), 1)
    return SearchError(
        f'Something has to follow "{word}"; put it in quotes to search for the word.', position, len(word)
    )


def _at_token(token: Token, error: UnexpectedToken) -> SearchError:
    position, length = token.start_pos or 0, len(token)
    match token.type:
        case "RPAR" if error.accepts.isdisjoint({"WORD"}) or "$END" in error.accepts:
            return SearchError("There is no bracket open that this one could close.", position, length)
        case "RPAR":
            return SearchError("Something has to stand before this bracket.", position, length)
        case "OR" | "AND":
            message = f'"{token}" needs a term before and after it; put it in quotes to search for the word.'
            return SearchError(message, position, length)
        case "NOT":
            return SearchError('Put "not" before the key, or the word in quotes.', position, length)
    return SearchError(f'"{token}" is out of place.', position, length)


def _unclosed(text: str) -> int:
    """Where the innermost bracket opens that is not closed; quoted ones do not count."""
    opened: list[int] = []
    in_quotes = escaped = False
    for position, character in enumerate(text):
        if character == '"' and not escaped:
            in_quotes = not in_quotes
        elif not in_quotes and character == "(":
            opened.append(position)
        elif not in_quotes and character == ")" and opened:
            opened.pop()
        escaped = in_quotes and character == "\\" and not escaped
    return opened[-1] if opened else 0
