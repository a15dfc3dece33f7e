import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  hasUrlReference,
  hideUrlSecrets,
  resolveUrl,
  toSecretReference,
  UNKNOWN_REFERENCE,
} from "../../workers/contract/versions/secret-url.ts";

const refer = (value: string) =>
  toSecretReference(createHash("sha256").update(value).digest("hex"));
const hide = (url: string) => hideUrlSecrets(url, () => "•");

test.each([
  ["https://a.example/mcp?api_key=hunter2&region=eu", "https://a.example/mcp?api_key=•&region=eu"],
  ["https://a.example/mcp?token=abc", "https://a.example/mcp?token=•"],
  ["https://a.example/mcp?k=swordfish", "https://a.example/mcp?k=•"],
  ["https://a.example/?x=tvly-dev-9f8a7b6c5d4e", "https://a.example/?x=•"],
  ["https://a.example/?x=qWertzUiopAsdfGhjk", "https://a.example/?x=•"],
  ["https://a.example/?ref=abcdefghijklmnopqrst", "https://a.example/?ref=•"],
  ["https://a.example/?9f8a7b6c5d4e", "https://a.example/?•"],
  ["https://a.example/?sk-live-0123456789abcdef01=1", "https://a.example/?•"],
  ["https://a.example/?url=https%3A%2F%2Fu%3Ap%40b.example", "https://a.example/?url=•"],
  ["https://a.example/?pin=1234&code=5", "https://a.example/?pin=•&code=•"],
  ["https://a.example/mcp?cred=hunter", "https://a.example/mcp?cred=•"],
  ["https://a.example/token/hunter2/mcp", "https://a.example/token/•/mcp"],
  ["https://a.example/?x=%E0%A4%A", "https://a.example/?x=•"],
  ["https://user:pass@a.example/mcp#frag", "https://•@a.example/mcp#•"],
  ["https://a.example/s/MmQ5ZTRjNzAtYTFi/mcp", "https://a.example/s/•/mcp"],
  ["https://a.example/s/7f3a9c1e-0b2d-4e5f-8a9b-0c1d2e3f4a5b/sse", "https://a.example/s/•/sse"],
])("%s is shown as %s", (url, shown) => {
  expect(hide(url)).toBe(shown);
});

test.each([
  "https://mcp.example.com/",
  "https://mcp.example.com:8443/v1/servers/context7/mcp",
  "https://a.example/mcp?toolsets=repos,pull_requests&readonly=true&v=2",
  "https://a.example/mcp?version=2026-07-28&features=docs&limit=100&empty=",
  "https://a.example/mcp?",
  "http://[::1]:8080/server-sequential-thinking/mcp",
  "",
])("%s is shown as it is", (url) => {
  expect(hide(url)).toBe(url);
});

test("the references of a URL are resolved by its own values, and by no URL of another origin", () => {
  const url = "https://a.example/mcp?api_key=hunter2&region=eu&sig=%2Bx9";
  const hidden = hideUrlSecrets(url, refer);
  expect(hasUrlReference(hidden)).toBe(true);
  expect(resolveUrl(hidden, url, refer)).toEqual({ url, missing: [], changed: [] });
  const moved = hidden.replace("a.example", "b.example");
  const missing = ["api_key of the URL", "sig of the URL"];
  expect(resolveUrl(moved, url, refer)).toEqual({ url: moved, missing, changed: [] });
  expect(resolveUrl(hidden, null, refer)).toEqual({ url: hidden, missing, changed: [] });
});

test.each([
  ["?note=$", "note of the URL"],
  ["?api_key=$&note=$", "api_key of the URL"],
  ["/$", "path of the URL, part 1"],
])("a value moves to no place where it would be shown: %s", (place, missing) => {
  const present = "https://a.example/mcp?api_key=correct-horse-battery";
  const [, reference = ""] = /api_key=(\w+)/.exec(hideUrlSecrets(present, refer)) ?? [];
  const url = `https://a.example${place.replaceAll("$", reference)}`;
  const resolved = resolveUrl(url, present, refer);
  expect(resolved).toMatchObject({ url, changed: [] });
  expect(resolved.missing[0]).toBe(missing);
  const kept = `https://a.example/v2?token=${reference}`;
  expect(resolveUrl(kept, present, refer).url).toBe(
    "https://a.example/v2?token=correct-horse-battery",
  );
});

test("a value that has changed since stays, and one that a URL has only as a reference is missing", () => {
  const hidden = hideUrlSecrets("https://a.example/mcp?api_key=old", refer);
  const present = "https://a.example/mcp?api_key=new";
  expect(resolveUrl(hidden, present, refer)).toEqual({
    url: present,
    missing: [],
    changed: ["api_key of the URL"],
  });
  expect(resolveUrl(hidden, hidden, refer)).toMatchObject({ missing: ["api_key of the URL"] });
  expect(hideUrlSecrets(hidden, () => "•")).toBe(hidden);
});

test("a query of which only a mark was kept is that of the present URL", () => {
  const stripped = `https://a.example/mcp?${UNKNOWN_REFERENCE}`;
  const present = "https://a.example/mcp?api_key=x1&region=eu";
  expect(resolveUrl(stripped, present, refer)).toEqual({ url: present, missing: [], changed: [] });
  expect(resolveUrl(stripped, null, refer).missing).toEqual(["query of the URL"]);
});
