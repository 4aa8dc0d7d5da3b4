// An OpenID provider for tests: the certified `oidc-provider` of npm, whose page of consent is one link.
// node provider.mjs PORT CLIENTS.json; people are named in the login page's address (?login=ada).
// /turn-keys takes other signing keys.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { default: Provider } = await import(createRequire(`${process.env.OIDC_MODULES}/`).resolve("oidc-provider"));
const [port, clients] = [Number(process.argv[2]), JSON.parse(readFileSync(process.argv[3]))];
const issuer = `http://localhost:${port}`;
const people = {
  ada: { email: "ada@example.org", email_verified: true, given_name: "Ada", family_name: "Lovelace", preferred_username: "ada", groups: ["admins", "night"] },
  bob: { email: "bob@example.org", email_verified: true, given_name: "Bob", family_name: "Ross", preferred_username: "bob", groups: ["night"] },
  eve: { email: "ada@example.org", email_verified: false, given_name: "Eve", groups: [] },
};

function key(kty, alg) {
  const pair = kty === "RSA" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...pair.privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg };
}

function make() {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [key("RSA", "RS256"), key("EC", "ES256")] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name", "preferred_username"], groups: ["groups"] },
    cookies: { keys: ["for tests"] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
  return provider;
}

let provider = make();

async function interaction(req, res) {
  const details = await provider.interactionDetails(req, res);
  const login = new URL(req.url, issuer).searchParams.get("login");
  if (!login) return res.end("who are you? ?login=NAME");
  if (login === "nobody") return provider.interactionFinished(req, res, { error: "access_denied", error_description: "<b>no</b>" });
  const grant = new provider.Grant({ accountId: login, clientId: details.params.client_id });
  grant.addOIDCScope("openid email profile groups");
  await provider.interactionFinished(req, res, { login: { accountId: login }, consent: { grantId: await grant.save() } });
}

createServer(async (req, res) => {
  try {
    if (req.url === "/turn-keys") {
      provider = make();
      res.end("turned");
    } else if (req.url.startsWith("/interaction/")) await interaction(req, res);
    else await provider.callback()(req, res);
  } catch (error) {
    res.statusCode = 500;
    res.end(String(error));
  }
}).listen(port, "localhost", () => console.log("listening"));
