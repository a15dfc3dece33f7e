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
