"""The register of models: who put which model into use, when and why.

An append-only file, one act a line. Every line carries the SHA-256 of the line before it and an
Ed25519 signature, so no act can be changed, taken out or put in between without the office's key.
What is in use follows from the acts alone; there is no pointer beside them that could disagree.
Taking the newest lines away cannot be seen from what is left: keep copies.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.errors import RegisterError
from models.registry.signing import Signature, is_genuine, sign

ActName = Literal["trained", "promoted", "rolled_back"]
State = Literal["champion", "challenger", "retired", "unregistered"]
_FIRST: Final = "0" * 64


@dataclass(frozen=True)
class Act:
    """One act.

    Attributes
    ----------
    version, folder
        The model that was trained, promoted or returned to.
    replaced
        Version that was in use until then; empty where none was, and for a mere challenger.
    at
        Instant (naive UTC), ISO 8601.
    """

    act: ActName
    version: str
    folder: str
    replaced: str
    by: str
    reason: str
    at: str


@dataclass(frozen=True)
class Register:
    """All acts, oldest first, and the SHA-256 that the next one must name."""

    acts: tuple[Act, ...] = ()
    head: str = _FIRST
    content: bytes = field(default=b"", repr=False)

    @property
    def line_of_succession(self) -> tuple[str, ...]:
        """Versions put into use and not left again by a roll-back; the last is in use."""
        versions: list[str] = []
        for act in self.acts:
            if act.act == "rolled_back":
                versions.pop()
            elif act.act == "promoted" or not versions:
                versions.append(act.version)
        return tuple(versions)

    @property
    def champion(self) -> str | None:
        """Version in use."""
        return self.line_of_succession[-1] if self.acts else None

    def state(self, version: str) -> State:
        """What a model is to the office now."""
        if version == self.champion:
            return "champion"
        own = [act for act in self.acts if act.version == version]
        if not own:
            return "unregistered"
        was_in_use = any(act.act != "trained" for act in own) or own[0] == self.acts[0]
        return "retired" if was_in_use else "challenger"

    def folder_of(self, version: str) -> str:
        """Folder that the newest act on a version names."""
        return next(act.folder for act in reversed(self.acts) if act.version == version)

    def with_trained(
        self,
        version: str,
        *,
        folder: str,
        by: str,
        reason: str,
        at: datetime,
        key: Ed25519PrivateKey,
    ) -> "Register":
        """A model was trained: the first is in use, a later one is a challenger."""
        act = Act("trained", version, folder, "", by, reason, at.isoformat())
        return self._with(act, key)

    def with_promotion(
        self,
        version: str,
        *,
        folder: str,
        by: str,
        reason: str,
        at: datetime,
        key: Ed25519PrivateKey,
    ) -> "Register":
        """A model takes the place of the one in use.

        Raises
        ------
        RegisterError
            No name or reason, or it is in use already.
        """
        _require_signed_for(by, reason)
        if version == self.champion:
            raise RegisterError(
                f"模型 {version} 已在使用，无需启用",
                f"the model {version} is in use already; there is nothing to promote",
            )
        act = Act("promoted", version, folder, self.champion or "", by, reason, at.isoformat())
        return self._with(act, key)

    def with_rollback(
        self, *, by: str, reason: str, at: datetime, key: Ed25519PrivateKey
    ) -> "Register":
        """The model that was in use before the present one is in use again.

        Raises
        ------
        RegisterError
            No name or reason, or no model was in use before.
        """
        _require_signed_for(by, reason)
        line = self.line_of_succession
        if len(line) < 2:
            raise RegisterError(
                "没有可以退回的模型：在用模型之前没有启用过其他模型。"
                "如要换用别的模型，请用 xinheng model promote。",
                "there is no model to return to: none was in use before the present one. To use "
                "another one: xinheng model promote",
            )
        before, now = line[-2:]
        act = Act("rolled_back", before, self.folder_of(before), now, by, reason, at.isoformat())
        return self._with(act, key)

    def _with(self, act: Act, key: Ed25519PrivateKey) -> "Register":
        body = _as_line({"number": len(self.acts) + 1, "previous": self.head} | asdict(act))
        signature = sign(body, key)
        line = _as_line(
            {"entry": json.loads(body), "key_id": signature.key_id, "signature": signature.value}
        )
        return Register((*self.acts, act), _digest(line), self.content + line + b"\n")


def read_register(content: bytes, *, trusted: Mapping[str, Ed25519PublicKey]) -> Register:
    """The acts of a register, once the chain and every signature hold.

    Raises
    ------
    RegisterError
        Names the first line that was changed, does not follow the one before it, or is signed by
        a key that is not trusted.
    """
    acts: list[Act] = []
    head = _FIRST
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        acts.append(_read_line(line, number=number, head=head, trusted=trusted))
        head = _digest(line)
    if content and not content.endswith(b"\n"):
        raise _broken(len(acts) + 1)
    return Register(tuple(acts), head, content)


def _read_line(
    line: bytes, *, number: int, head: str, trusted: Mapping[str, Ed25519PublicKey]
) -> Act:
    try:
        told = json.loads(line)
        entry = told["entry"]
        signature = Signature(str(told["key_id"]), str(told["signature"]))
        is_next = entry.pop("number") == number and entry.pop("previous") == head
        act = Act(**entry)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _broken(number) from None
    body = _as_line({"number": number, "previous": head} | entry)
    if not (is_next and act.act in get_args(ActName) and is_genuine(body, signature, trusted)):
        raise _broken(number)
    return act


def _require_signed_for(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise RegisterError(
            "启用或退回模型须写明姓名（--by）和理由（--reason），均不能为空",
            "whoever promotes or rolls back a model gives a name (--by) and a reason (--reason); "
            "neither may be empty",
        )


def _broken(number: int) -> RegisterError:
    return RegisterError(
        f"模型登记簿第 {number} 行与签名或前一行不符（已被改动、截断，或签名密钥未受信任），"
        "不能据以确定在用模型。请从备份恢复 models/register.jsonl，或将签名公钥放入 keys 目录。",
        f"line {number} of the register of models does not fit its signature or the line before "
        "it (changed, cut off, or signed by a key that is not trusted), so it cannot tell which "
        "model is in use. Restore models/register.jsonl from a copy, or put the public key that "
        "signed it into the folder of keys.",
    )


def _as_line(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
