"""Signatures of digests, messages and structured data: whose they are, and whose they are not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugins.chain_stacks.tests.wire_cases import (
    SECRETS,
)

from stacktill_chain_stacks.wire.clarity import Ascii, Tuple, UInt
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey, recover
from stacktill_chain_stacks.wire.messages import (
    message_hash,
    sign_message,
    sign_structured,
    signer_of_message,
    signer_of_structured,
)
from stacktill_chain_stacks.wire.ripemd import ripemd160

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
thorough = settings(max_examples=300, deadline=None)


@thorough
@given(secret=SECRETS, digest=st.binary(min_size=32, max_size=32))
def test_a_signature_leads_back_to_its_key(secret: bytes, digest: bytes) -> None:
    key = PrivateKey(secret)
    signature = key.sign(digest)
    assert recover(digest, signature) == key.public_key
    r, s = signature[:32], int.from_bytes(signature[32:64], "big")
    assert s <= HALF_ORDER
    twin = r + (ORDER - s).to_bytes(32, "big") + bytes([signature[64] ^ 1])
    with pytest.raises(WireError):
        recover(digest, twin)


@settings(max_examples=500, deadline=None)
@given(signature=st.binary(max_size=70), digest=st.binary(min_size=32, max_size=32))
@example(bytes(65), bytes(32))
def test_no_signature_breaks_recovery(signature: bytes, digest: bytes) -> None:
    try:
        key = recover(digest, signature)
    except WireError:
        return
    assert len(key) == 33


@thorough
@given(secret=SECRETS, message=st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_message_names_its_signer(secret: bytes, message: str) -> None:
    key = PrivateKey(secret)
    signature = sign_message(key, message)
    signer = signer_of_message(message, signature, mainnet=True)
    assert signer == key.principal(mainnet=True)
    assert signer_of_message(message + "!", signature, mainnet=True) != signer


def test_structured_data_is_signed_as_sip_018_says() -> None:
    # The vector in the text of SIP-018.
    key = PrivateKey.parse("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601")
    domain = Tuple({"name": Ascii("Test App"), "version": Ascii("1.0.0"), "chain-id": UInt(1)})
    signature = sign_structured(key, domain, Ascii("Hello World"))
    assert signature.hex() == (
        "8b94e45701d857c9f1d1d70e8b2ca076045dae4920fb0160be0642a68cd78de0"
        "72ab527b5c5277a593baeb2a8b657c216b99f7abb5d14af35b4bf12ba6460ba401"
    )
    signer = signer_of_structured(domain, Ascii("Hello World"), signature, mainnet=True)
    assert signer == key.principal(mainnet=True)


@pytest.mark.parametrize("length", [0, 0xFC, 0xFD, 0xFFFF, 0x10000])
def test_a_messages_length_is_written_as_bitcoin_does(length: int) -> None:
    counted = {0: "00", 0xFC: "fc", 0xFD: "fdfd00", 0xFFFF: "fdffff", 0x10000: "fe00000100"}
    data = b"\x17Stacks Signed Message:\n" + bytes.fromhex(counted[length]) + b"a" * length
    assert message_hash("a" * length) == hashlib.sha256(data).digest()


def test_a_private_key_is_never_shown() -> None:
    text = "11" * 32
    key = PrivateKey.parse(text)
    assert text not in repr(key)
    assert PrivateKey.parse(f"0x{text}01\n").public_key == key.public_key
    for wrong in ("", "11" * 31, "zz" * 32, "00" * 32, "ff" * 32, "11" * 33):
        with pytest.raises(WireError) as refused:
            PrivateKey.parse(wrong)
        assert not wrong or wrong not in str(refused.value)


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_ripemd_needs_no_openssl(data: bytes) -> None:
    try:
        expected = hashlib.new("ripemd160", data).digest()
    except ValueError:
        pytest.skip("this OpenSSL has no RIPEMD-160 to compare with")
    assert ripemd160(data) == expected
