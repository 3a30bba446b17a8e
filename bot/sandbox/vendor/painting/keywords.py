"""Words of a prompt that the painter knows, in English and Chinese."""

import re
from collections.abc import Mapping
from functools import cache

from bot.sandbox.vendor.painting.colours import Colour, colour

# Concept: (English words, Chinese words).
CONCEPTS: Mapping[str, tuple[str, str]] = {
    "night": ("night midnight evening dark", "夜 晚"),
    "dusk": ("dusk sunset twilight", "黄昏 日落 夕阳 傍晚"),
    "dawn": ("dawn sunrise morning", "黎明 日出 清晨 早晨"),
    "sun": ("sun sunny sunshine sunset sunrise", "太阳 阳光 日"),
    "moon": ("moon moonlight", "月亮 月光 月球 明月"),
    "stars": ("star starry galaxy", "星"),
    "aurora": ("aurora", "极光"),
    "clouds": ("cloud cloudy", "云"),
    "rainbow": ("rainbow", "彩虹"),
    "rain": ("rain rainy storm", "雨"),
    "snow": ("snow snowy winter ice", "雪 冬 冰"),
    "autumn": ("autumn fall maple", "秋 枫"),
    "sea": ("sea ocean lake beach wave river water", "海 湖 河 水 江"),
    "mountain": ("mountain peak alps", "山 峰"),
    "city": ("city town skyline street skyscraper tokyo cyberpunk futuristic", "城 街 都市"),
    "forest": ("forest wood jungle", "森林 树林"),
    "desert": ("desert dune sand", "沙漠 沙"),
    "meadow": ("meadow field grass garden", "草原 草地 花园 田"),
    "flower": ("flower rose tulip blossom sakura", "花 樱"),
    "tree": ("tree", "树"),
    "house": ("house cottage cabin home village", "房 屋 村 家"),
    "boat": ("boat ship sailboat", "船 帆"),
    "balloon": ("balloon", "气球"),
    "birds": ("bird seagull crane swallow", "鸟 鹤 燕"),
    "person": ("girl boy woman man person child portrait people", "女孩 男孩 女人 男人 少女 少年 人物 孩子 人像"),
    "fox": ("fox", "狐"),
    "cat": ("cat kitten kitty", "猫"),
    "dog": ("dog puppy corgi shiba", "狗 犬"),
    "rabbit": ("rabbit bunny hare", "兔"),
    "panda": ("panda", "熊猫"),
    "bear": ("bear teddy", "熊"),
    "tiger": ("tiger", "虎"),
}

COLOURS: Mapping[str, tuple[str, str, Colour]] = {
    "red": ("red crimson scarlet", "红", colour("d8433b")),
    "orange": ("orange", "橙 橘", colour("ef8a32")),
    "yellow": ("yellow gold golden", "黄 金", colour("f2c53d")),
    "green": ("green emerald", "绿 翠", colour("3f9d5b")),
    "teal": ("teal turquoise cyan", "青", colour("2fa3a3")),
    "blue": ("blue azure", "蓝", colour("3b7bd0")),
    "purple": ("purple violet lavender", "紫", colour("8455c4")),
    "pink": ("pink", "粉", colour("f08fb2")),
    "white": ("white", "白", colour("f4f2ee")),
    "black": ("black", "黑", colour("2b2a33")),
    "grey": ("grey gray silver", "灰 银", colour("8f98a3")),
}

_TAKEN = {"熊猫": "panda", "黄昏": "dusk", "黄山": "mountain"}  # words whose parts mean something else


@cache
def _english(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words.replace(' ', '|')})(?:s|es)?\b", re.IGNORECASE)


def recognise(prompt: str) -> frozenset[str]:
    """Name the concepts that a text speaks of."""
    taken = {concept for word, concept in _TAKEN.items() if word in prompt}
    rest = _without_taken(prompt)
    return frozenset(taken | {name for name, (english, chinese) in CONCEPTS.items() if _says(rest, english, chinese)})


def recognise_colour(prompt: str) -> Colour | None:
    """Find the colour that a text speaks of first in this module's order."""
    rest = _without_taken(prompt)
    return next((tint for english, chinese, tint in COLOURS.values() if _says(rest, english, chinese)), None)


def _without_taken(prompt: str) -> str:
    for word in _TAKEN:
        prompt = prompt.replace(word, " ")
    return prompt


def _says(text: str, english: str, chinese: str) -> bool:
    return _english(english).search(text) is not None or any(word in text for word in chinese.split())
