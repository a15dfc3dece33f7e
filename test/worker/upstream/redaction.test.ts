import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact, redactorFor } from "../../../workers/upstream/redaction.ts";
import { findRevealed } from "../support/revealed.ts";

const TOKEN = "sk/4711+aBcDeF==";
const SENT = {
  url: "https://mcp.example/mcp?api_key=url-key-1&profile=default",
  headers: { authorization: `Bearer ${TOKEN}`, "x-region": "eu-central-1" },
  credentials: ["authorization"],
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text with whole, escaped and cut secrets in it. */
const pieces = fc.constantFrom(
  TOKEN,
  `Bearer ${TOKEN}`,
  encodeURIComponent(TOKEN),
  TOKEN.replaceAll("/", "\\/").replaceAll("+", "\\u002B"),
  btoa(`xx${TOKEN}`),
  "url-key-1",
  TOKEN.slice(0, 10),
  TOKEN.slice(5),
  "\\",
  "%2",
  "é€",
);
const texts = fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 30 });

/** A text that JSON escapes, next to whole and cut secrets. */
const escaped = (secret: string) =>
  fc.array(
    fc.oneof(
      fc.constantFrom(...[0, 1, 3, 5].map((cut) => secret.slice(cut)), secret.slice(0, -1)),
      fc.constantFrom("\n", "\b", "\f", "\r", "\t", "\u001b", "é", '"', "\\", "/", "\\u00", "u00"),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 12 },
  );

describe("redaction", () => {
  test("the bytes of a text are redacted like the text", () => {
    const redactor = redactorFor(SENT);
    if (!redactor) throw new Error("no redactor");
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("").toWellFormed();
        const received = decoder.decode(redactor.redactBytes(encoder.encode(text)));
        expect(received).toBe(redact(text, SENT));
        expect(findRevealed(received, [TOKEN, "url-key-1"])).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a JSON text stays one, whatever its escapes and the secret's first characters", () => {
    const secrets = fc
      .tuple(
        fc.constantFrom("n", "r", "t", "b", "f", "u", "u00e9", "u000", "1b", "\\n", '"'),
        fc.stringMatching(/^[a-f0-9]{8,12}$/),
        fc.constantFrom("", "\\", "u00", "\\u00"),
      )
      .map((parts) => parts.join(""));
    const cases = secrets.chain((secret) => fc.tuple(fc.constant(secret), escaped(secret)));
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 3 }), ([secret, parts], depth) => {
        const sent = { url: "https://mcp.example/", headers: { "x-key": secret } };
        let json = parts.join("");
        for (let level = 0; level < depth; level++) json = JSON.stringify(json);
        const ascii = json.replaceAll("é", "\\u00e9");
        for (const text of [json, ascii]) {
          const redacted = redact(text, sent);
          expect(() => JSON.parse(redacted)).not.toThrow();
          expect(redacted).not.toContain(secret);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [String.raw`"line\n9f3aB7cD1"`, String.raw`"line\n[redacted]"`],
    [String.raw`"line\u00e99f3aB7cD1"`, String.raw`"line\u00e9[redacted]"`],
    [String.raw`"\"n9f3aB7cD1"`, String.raw`"\"[redacted]"`],
  ])("the escape before the rest of a secret stays: %s", (text, expected) => {
    const headers = { "x-key": "n9f3aB7cD1", "x-other": "e99f3aB7cD1" };
    expect(redact(text, { url: "https://mcp.example/", headers })).toBe(expected);
  });

  test.each([
    ["/s/sk_live-aB3_xY9-Qw7/mcp", ["sk_live-aB3_xY9-Qw7"]],
    ["/s/abcdefghijklmnopqrstuvwxyzabcdef", ["abcdefghijklmnopqrstuvwxyzabcdef"]],
    ["/bot123456:ABC-DEF1234ghIkl-zyx57W2", ["ABC-DEF1234ghIkl-zyx57W2"]],
    ["/mcp?k=aB3xY9Qw", ["aB3xY9Qw"]],
    ["/mcp?pwd=correcthorse&u=hunter2hunter2", ["correcthorse", "hunter2hunter2"]],
    ["/mcp?pin=12345678", ["12345678"]],
  ])("a secret of the URL is redacted alone: %s", (path, secrets) => {
    const sent = { url: `https://mcp.example${path}`, headers: {}, credentials: [] };
    for (const secret of secrets)
      expect(redact(`It was ${secret}.`, sent)).toBe("It was [redacted].");
  });

  test.each([
    "/mcp?region=eu-central-1&workspace=engineering&format=text-plain",
    "/api/model-context-protocol/servers/my-server-2024-v1/mcp",
    "/mcp?dc=eu-central-1&view=everything&since=2026-01-01&projectId=team20240101",
    "/mcp?tools=search,fetch&owner=ada@example.com",
  ])("a URL without secrets has no redactor: %s", (path) => {
    const sent = { url: `https://mcp.example${path}`, headers: {}, credentials: [] };
    expect(redactorFor(sent)).toBeNull();
  });

  test.each([
    ["id:secretpw9", ["secretpw9"]],
    ["ApiKey key=abcdefghij", ["abcdefghij"]],
    [
      'Digest username="ada", realm="api", nonce="dcd98b71", cnonce="0a4f113b"',
      ["dcd98b71", "0a4f113b"],
    ],
    ['{"user":"ada","password":"correcthorse"}', ["correcthorse"]],
    ["abcdefgh12,ijklmnop34", ["abcdefgh12", "ijklmnop34"]],
    [`Basic ${btoa("ada:pässwört")}`, ["pässwört"]],
    ["session=aB3xY9Qw; theme=dark", ["aB3xY9Qw"]],
  ])("a part of a credential is redacted alone: %s", (value, secrets) => {
    const sent = { url: "https://mcp.example/", headers: { "x-key": value } };
    for (const secret of secrets)
      expect(redact(`It was ${secret}.`, sent)).toBe("It was [redacted].");
  });

  test("words of a credential stay in answers", () => {
    const value = 'Digest username="ada@example.com", realm="production", qop=auth-int';
    const sent = { url: "https://mcp.example/", headers: { "x-key": value } };
    const text = "ada@example.com may read production";
    expect(redact(text, sent)).toBe(text);
  });

  test("a server that was sent no secret has no redactor", () => {
    const url = "https://mcp.example/v1/servers/550e8400-e29b-41d4-a716-446655440000/mcp?region=eu";
    expect(
      redactorFor({ url, headers: { "x-region": "eu-central-1" }, credentials: [] }),
    ).toBeNull();
    expect(redactorFor({ url, headers: { "x-key": "short" }, credentials: ["x-key"] })).toBeNull();
  });

  test("every header counts as secret where it is not known which are", () => {
    const sent = { url: "https://mcp.example/", headers: { "x-any": "any-value" } };
    expect(redact("it was any-value", sent)).toBe("it was [redacted]");
  });

  test("a key in the URL's path is redacted, as it is and percent-encoded", () => {
    const sent = { url: "https://mcp.example/s/a1B2c3D4e5F6g7H8=/mcp", headers: {} };
    expect(redact("/s/a1B2c3D4e5F6g7H8=/mcp a1B2c3D4e5F6g7H8%3d", sent)).toBe(
      "/s/[redacted]/mcp [redacted]",
    );
  });

  test("a credential that looks like percent-encoding is found in a text that encodes it", () => {
    const sent = { url: "https://mcp.example/", headers: { "x-key": "50%41-or-more" } };
    expect(redact("50%41-or-more 50%2541-or-more", sent)).toBe("[redacted] [redacted]");
  });
});
