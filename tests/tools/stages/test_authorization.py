import pytest

from tools.calls.call import Caller
from tools.errors import NotAuthorized
from tools.stages.authorization import Authorization


async def test_a_tool_without_roles_is_for_everyone(make_call, after):
    assert (await Authorization()(make_call(), after(7))).result == 7


async def test_a_role_of_the_tool_may_call_it(make_call, after):
    call = make_call(roles=frozenset({"coach"}), caller=Caller(role="coach"))
    assert (await Authorization()(call, after(7))).result == 7


@pytest.mark.parametrize(
    ("role", "said"), [("guest", "The role 'guest' may not"), ("", "A caller without a role")]
)
async def test_another_role_is_refused_and_told_who_may(make_call, after, role, said):
    call, rest = make_call(roles=frozenset({"coach", "admin"}), caller=Caller(role=role)), after()
    with pytest.raises(NotAuthorized, match=f"{said}.*call it as 'admin' or 'coach'"):
        await Authorization()(call, rest)
    assert rest.calls == []


async def test_a_tool_that_is_switched_off_is_refused_to_everyone(make_call, after):
    with pytest.raises(NotAuthorized, match="switched off") as caught:
        await Authorization()(make_call(enabled=False), after())
    assert caught.value.code == "tool_disabled"
