"""Makes jws.json: tokens signed by PyJWT with public-key algorithms, the keys' JWK set, and forgeries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

NOW = 1_700_000_000
CLAIMS = {
    "iss": "https://id.example.org",
    "aud": "tradewind",
    "sub": "ada",
    "exp": NOW + 60,
    "iat": NOW,
}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(alg: str, key: Any, kid: str) -> dict[str, Any]:
    return {
        **json.loads(get_default_algorithms()[alg].to_jwk(key.public_key())),
        "kid": kid,
        "use": "sig",
    }


def pem(key: Any) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def hs256(header: dict[str, Any], secret: bytes) -> str:
    text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(CLAIMS).encode())
    return text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def main() -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    weak = rsa.generate_private_key(65537, 1024)
    other = rsa.generate_private_key(65537, 2048)
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    keys: dict[str, Any] = {
        a: rsa_key for a in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    }
    keys |= {a: ec.generate_private_key(c) for a, c in curves.items()} | {
        "EdDSA": ed25519.Ed25519PrivateKey.generate()
    }
    published = [
        jwk("RS256", rsa_key, "rsa"),
        *(jwk(a, keys[a], a) for a in (*curves, "EdDSA")),
        jwk("RS256", weak, "weak"),
    ]
    cases = [
        {
            "what": a,
            "good": True,
            "token": jwt.encode(
                CLAIMS, k, a, {"kid": "rsa" if a[1] == "S" and a[0] in "RP" else a}
            ),
        }
        for a, k in keys.items()
    ]
    good = jwt.encode(CLAIMS, rsa_key, "RS256", {"kid": "rsa"})
    head, body, sig = good.split(".")
    cases += [
        {"what": "without a kid", "good": True, "token": jwt.encode(CLAIMS, rsa_key, "RS256")},
        {"what": "alg none", "token": b64(b'{"alg":"none"}') + f".{body}."},
        {"what": "alg none, its signature kept", "token": b64(b'{"alg":"none","kid":"rsa"}') + f".{body}.{sig}"},
        {"what": "no signature", "token": f"{head}.{body}."},
        {"what": "HS256 with the public key as secret", "token": hs256({"alg": "HS256", "kid": "rsa"}, pem(rsa_key))},
        {"what": "HS256 with the modulus as secret", "token": hs256({"alg": "HS256", "kid": "rsa"}, published[0]["n"].encode())},
        {"what": "another's key under our kid", "token": jwt.encode(CLAIMS, other, "RS256", {"kid": "rsa"})},
        {"what": "other claims", "token": f"{head}.{b64(json.dumps({**CLAIMS, 'sub': 'root'}).encode())}.{sig}"},
        {"what": "the key in the token", "token": jwt.encode(CLAIMS, other, "RS256", {"jwk": jwk("RS256", other, "x"), "kid": "rsa"})},
        {"what": "a kid that is not published", "token": jwt.encode(CLAIMS, other, "RS256", {"kid": "new"}), "unknown": True},
        {"what": "a key too short", "token": jwt.encode(CLAIMS, weak, "RS256", {"kid": "weak"}), "unknown": True},
        {"what": "PS256 said to be RS256", "token": b64(b'{"alg":"RS256","kid":"rsa"}') + "." + jwt.encode(CLAIMS, rsa_key, "PS256", {"kid": "rsa"}).split(".", 1)[1]},
        {"what": "an extension that must be understood", "token": jwt.encode(CLAIMS, rsa_key, "RS256", {"kid": "rsa", "crit": ["b64"], "b64": True})},
        {"what": "expired", "token": jwt.encode({**CLAIMS, "exp": NOW - 60}, rsa_key, "RS256", {"kid": "rsa"}), "expired": True},
        {"what": "for another audience", "token": jwt.encode({**CLAIMS, "aud": "other"}, rsa_key, "RS256", {"kid": "rsa"})},
        {"what": "of another issuer", "token": jwt.encode({**CLAIMS, "iss": "https://evil.example.org"}, rsa_key, "RS256", {"kid": "rsa"})},
        {"what": "an EC signature of zeros", "token": jwt.encode(CLAIMS, keys["ES256"], "ES256", {"kid": "ES256"}).rsplit(".", 1)[0] + "." + b64(bytes(64))},
        {"what": "an EC signature cut", "token": jwt.encode(CLAIMS, keys["ES256"], "ES256", {"kid": "ES256"})[:-4]},
        {"what": "words", "token": "not.a.token", "broken": True},
        {"what": "nothing", "token": "", "broken": True},
    ]  # fmt: skip
    out = {
        "now": NOW,
        "issuer": CLAIMS["iss"],
        "audience": CLAIMS["aud"],
        "keys": {"keys": published},
        "cases": cases,
    }
    (Path(__file__).parent / "jws.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
