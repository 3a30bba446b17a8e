"""How long a prompt is, as the vendor counts."""

from unicodedata import east_asian_width

MAX_PROMPT_LENGTH = 2000


def prompt_length(prompt: str) -> int:
    """Count a prompt's characters, a Chinese one as two: the vendor allows "2000 characters (1000 汉字)".

    That is the old double-byte count, where what is drawn two cells wide is two: Chinese characters, their
    punctuation, full-width letters, kana, emoji. Unicode calls these wide or full-width.
    """
    return sum(2 if east_asian_width(character) in {"W", "F"} else 1 for character in prompt)
