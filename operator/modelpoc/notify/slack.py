"""Slack: through an incoming webhook, or as a bot that keeps its messages up to date.

What a channel sees of a bot: each transition is a message that people notice. What belongs to an earlier
failure, or to the warning of an end, stands in the thread of that first message and in the channel as well;
and the first message is edited to what holds now, so that nobody runs after what is over. An edit alone would
tell nobody anything: Slack does not notify of edits.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from modelpoc.api.platform_policy import SlackBot, WebhookRef
from modelpoc.api.status import SlackMessage
from modelpoc.notify.errors import Later, Refused, Undelivered, Unfit
from modelpoc.notify.http import Answer, Http, judge
from modelpoc.notify.sinks import Earlier, Open, SecretOf, Turn, value_of
from modelpoc.notify.slack_text import Message, digest, message
from modelpoc.notify.story import Story, is_over

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
_OF_MESSAGE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_payload", "msg_too_long", "no_text"}
)
"""What Slack says of one message, not of the app or the channel."""
_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cant_update_message",
        "edit_window_closed",
        "cannot_reply_to_message",
        "update_failed",
    }
)
"""The earlier message was deleted, or may not be edited any more."""


def _word(text: str) -> str:
    """Slack's word for what is wrong; nothing else of an answer is told on."""
    return text if re.fullmatch(r"[a-z_]{1,50}", text) else ""


class SlackWebhookSink:
    """Posts to an incoming webhook; what is posted cannot be changed."""

    def __init__(self, ref: WebhookRef, secret_of: SecretOf, http: Http) -> None:
        self._ref, self._secret_of, self._http = ref, secret_of, http

    async def send(self, stories: Sequence[Story], turn: Turn) -> Open:
        said = _said(stories)
        try:
            await self._post(said, turn)
        except Unfit:
            await self._post({"text": said["text"]}, turn)
        return {}

    async def _post(self, said: Message, turn: Turn) -> None:
        url = value_of(self._ref, self._ref.key, self._secret_of)
        await turn.take()
        answer = await self._http.post(url, json.dumps(said).encode(), _JSON)
        judge(answer, _word(answer.text.strip()))


class _Said(Undelivered):
    """Slack's error of a call, before it is clear what follows from it."""


class SlackBotSink:
    """Posts by `chat.postMessage`, and brings earlier messages up to date by `chat.update`."""

    def __init__(self, bot: SlackBot, secret_of: SecretOf, http: Http, earlier: Earlier) -> None:
        self._bot, self._secret_of, self._http = bot, secret_of, http
        self._earlier = earlier

    async def send(self, stories: Sequence[Story], turn: Turn) -> Open:
        """Edits come first: they may be repeated, when what follows them fails; a post may not."""
        edited = {story.uid: await self._edited(story, turn) for story in stories}
        if len(stories) > 1:
            await self._post(digest(stories), None, turn)
            return {s.uid: None if is_over(s.kind) else edited[s.uid] for s in stories}
        (story,) = stories
        root = edited[story.uid]
        posted = await self._post(message(story), root, turn)
        return {story.uid: None if is_over(story.kind) else root or posted}

    async def _edited(self, story: Story, turn: Turn) -> SlackMessage | None:
        """The earlier message, now saying what holds; None when there is none any more."""
        earlier = self._earlier(story.uid)
        if earlier is None:
            return None
        where = {"channel": earlier.channel, "ts": earlier.ts}
        try:
            await self._call("chat.update", {**where, **_editable(message(story))}, turn)
        except _Said as error:
            _unless_gone(error)
            return None
        return earlier

    async def _post(self, said: Message, root: SlackMessage | None, turn: Turn) -> SlackMessage:
        try:
            return await self._posted({**said, **_below(root)}, turn)
        except _Said as error:
            if str(error) in _OF_MESSAGE:
                plain = {"text": said["text"], **_below(root)}
                return await self._plainly(plain, turn)
            _unless_gone(error)
            return await self._plainly(said, turn)

    async def _plainly(self, said: Message, turn: Turn) -> SlackMessage:
        try:
            return await self._posted(said, turn)
        except _Said as error:
            if str(error) in _OF_MESSAGE:
                raise Unfit(str(error)) from None
            raise Refused(str(error)) from None

    async def _posted(self, said: Message, turn: Turn) -> SlackMessage:
        answer = await self._call("chat.postMessage", {"channel": self._bot.channel, **said}, turn)
        return SlackMessage(channel=str(answer.get("channel", "")), ts=str(answer.get("ts", "")))

    async def _call(self, method: str, arguments: Message, turn: Turn) -> dict[str, Any]:
        token = value_of(self._bot, self._bot.key, self._secret_of)
        await turn.take()
        url = f"{self._bot.api_url.rstrip('/')}/{method}"
        headers = {**_JSON, "Authorization": f"Bearer {token}"}
        answer = await self._http.post(url, json.dumps(arguments).encode(), headers)
        judge(answer, _word(str(_parsed(answer).get("error", ""))))
        return _checked(answer)


def _checked(answer: Answer) -> dict[str, Any]:
    """The answer of a call that went well. Slack says 200 to what it refuses, too."""
    parsed = _parsed(answer)
    if parsed.get("ok") is True:
        return parsed
    error = _word(str(parsed.get("error", ""))) or "an answer that is not Slack's"
    if error in _PASSING:
        raise Later(error, answer.retry_after)
    raise _Said(error)


def _parsed(answer: Answer) -> dict[str, Any]:
    try:
        parsed = json.loads(answer.text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _said(stories: Sequence[Story]) -> Message:
    return message(stories[0]) if len(stories) == 1 else digest(stories)


def _below(root: SlackMessage | None) -> Message:
    return {"thread_ts": root.ts, "reply_broadcast": True} if root else {}


def _editable(said: Message) -> Message:
    return {"text": said["text"], "blocks": said["blocks"]}


def _unless_gone(error: _Said) -> None:
    """Nothing, when the earlier message is what is missing; else it is the app or the channel."""
    if str(error) not in _GONE | _OF_MESSAGE:
        raise Refused(str(error)) from None
