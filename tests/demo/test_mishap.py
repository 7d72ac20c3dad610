"""Hooks made by `at`."""

from sentinel.demo.mishap import DROP, Moment, Step, at


async def test_a_hook_answers_at_its_step_after_so_many_and_so_often() -> None:
    hook = at(Step.RCPT, DROP, times=2, skip=1)
    rcpt, mail = Moment(step=Step.RCPT, session=1), Moment(step=Step.MAIL, session=1)
    assert [await hook(rcpt) for _ in range(5)] == [None, DROP, DROP, None, None]
    assert await hook(mail) is None


async def test_a_hook_without_times_always_answers() -> None:
    hook = at(Step.DATA, DROP)
    assert [await hook(Moment(step=Step.DATA, session=1)) for _ in range(3)] == [DROP] * 3
