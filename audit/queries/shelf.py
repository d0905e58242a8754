"""What a process keeps of answers that are dear to find and never change."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

Key = tuple[str, ...]


class Shelf:
    """Answers as JSON text, so many bytes at most: those that were not asked for longest go first.

    A key holds a random id of one tenant's run or batch, so what lies under it is nobody else's; and of things that
    never change, so it stays right. One answer takes no more than a hundredth of the room.
    """

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._answers: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = Lock()

    def fetch(self, key: Key, find: Callable[[], Any]) -> Any:
        """The answer from here, else found and kept. None is found anew each time."""
        with self._lock:
            text = self._answers.get(key)
            if text is not None:
                self._answers.move_to_end(key)
        if text is None:
            text = json.dumps(find()).encode()
            if text != b"null" and len(text) * 100 <= self._most:
                self._put(key, text)
        return json.loads(text)

    def _put(self, key: Key, text: bytes) -> None:
        with self._lock:
            self._bytes += len(text) - len(self._answers.pop(key, b""))
            self._answers[key] = text
            while self._bytes > self._most:
                self._bytes -= len(self._answers.popitem(last=False)[1])


shelf = Shelf(32 << 20)
