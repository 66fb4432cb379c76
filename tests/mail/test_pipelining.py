"""Servers that want one command at a time are seen as such by what they do to the first that are sent ahead."""

from __future__ import annotations

from tui_migrate.mail.imap.pipeline import Pipeline

A, B, C = b"T1", b"T2", b"T3"


def sent(*commands: bytes) -> Pipeline:
    """On their way together, with the tags A, B, C."""
    pipeline = Pipeline()
    assert pipeline.put(zip((A, B, C), commands, strict=False)).count(b"\r\n") == len(commands)
    return pipeline


def test_a_refusal_before_its_turn_is_about_pipelining() -> None:
    assert not sent(b"EXAMINE a", b"UID FETCH 1:* (UID)").answered(B, "BAD")
    assert not sent(b"LIST", b"LSUB").answered(B, "NO")


def test_a_refusal_before_a_folder_is_open_is_about_pipelining_however_often_it_went_well() -> None:
    """The commands that went well came so late that they were behind nothing for the server."""
    pipeline = sent(b"EXAMINE a", b"UID FETCH 1:* (UID)")
    assert pipeline.answered(A, "OK")
    assert pipeline.answered(B, "OK")
    pipeline.put([(A, b"EXAMINE a"), (B, b"UID FETCH 1:* (UID)")])
    assert not pipeline.answered(B, "BAD")


def test_bad_behind_a_folder_that_was_opened_is_about_pipelining() -> None:
    pipeline = sent(b"EXAMINE a", b"UID FETCH 1:* (UID)")
    assert pipeline.answered(A, "OK")
    assert not pipeline.answered(B, "BAD")


def test_what_is_refused_for_another_reason_is_not() -> None:
    unopened = sent(b"EXAMINE a", b"UID FETCH 1:* (UID)")
    assert unopened.answered(A, "BAD")
    assert unopened.answered(B, "BAD"), "there is no folder open"
    unknown = sent(b"ID NIL", b'LIST "" "*" RETURN (SUBSCRIBED)')
    assert unknown.answered(A, "OK")
    assert unknown.answered(B, "BAD"), "the command may not be known"
    used_to_it = sent(b"EXAMINE a", b"UID FETCH 1 (UID)", b"UID FETCH 2 (UID)")
    assert used_to_it.answered(A, "OK")
    assert used_to_it.answered(B, "OK")
    assert used_to_it.answered(C, "BAD"), "one that was sent so has been carried out"


def test_silence_is_about_pipelining_until_a_command_that_was_sent_ahead_is_answered() -> None:
    pipeline = sent(b"LIST", b"LSUB", b"NAMESPACE")
    assert not pipeline.unheard()
    assert pipeline.answered(A, "OK")
    assert pipeline.unheard()
    assert pipeline.answered(B, "OK")
    assert not pipeline.unheard()


def test_one_at_a_time_each_waits_for_the_answer_before_it() -> None:
    pipeline = Pipeline()
    pipeline.one_at_a_time = True
    assert pipeline.put([(A, b"EXAMINE a"), (B, b"UID FETCH 1 (UID)")]) == b"T1 EXAMINE a\r\n"
    assert pipeline.put([(C, b"NOOP")]) == b""
    assert pipeline.answered(A, "OK")
    assert pipeline.due() == b"T2 UID FETCH 1 (UID)\r\n"
    assert pipeline.due() == b""
    assert pipeline.answered(B, "BAD")
    assert pipeline.due() == b"T3 NOOP\r\n"
