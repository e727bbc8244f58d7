import pytest

from inkling.constraints.checks import COMMON_CHECKS, find_check
from inkling.errors import UnknownName


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("luhn", "79927398713", "79927398710"),
        ("Luhn", "79927398713", "79927398710"),
        ("verhoeff", "2363", "2364"),
        ("damm", "5724", "5727"),
        ("ean", "4006381333931", "4006381333932"),
        ("isbn", "9783161484100", "9783161484101"),
        ("mod_97_10", "9999123456789012141490", "9999123456789012141491"),
        ("iso7064.mod_97_10", "9999123456789012141490", "9999123456789012141491"),
        ("iso7064/mod-97-10", "9999123456789012141490", "9999123456789012141491"),
        ("nl.bsn", "111222333", "111252333"),
    ],
)
def test_the_library_decides(name: str, right: str, wrong: str) -> None:
    check = find_check(name)
    assert check.passes(right)
    assert not check.passes(wrong)
    assert not check.passes("")


@pytest.mark.parametrize("name", COMMON_CHECKS)
def test_every_common_check_exists(name: str) -> None:
    assert callable(find_check(name).passes)


@pytest.mark.parametrize("name", ["lunh", "", "os.path", "util", "../luhn", "exceptions", "numdb", "iso7064"])
def test_unknown_names_list_the_common_and_the_nearest(name: str) -> None:
    with pytest.raises(UnknownName, match=r"unknown checksum .* luhn, ") as error:
        find_check(name)
    if name == "lunh":
        assert "Did you mean 'luhn'?" in str(error.value)
