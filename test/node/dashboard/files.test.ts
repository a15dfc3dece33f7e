import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

describe("the dashboard's files, as npm start serves them", () => {
  let dashboard: ServedDashboard;
  let html: string;

  beforeAll(async () => {
    dashboard = await serveDashboard();
    html = await (await fetch(`${dashboard.baseUrl}/w/demo`)).text();
  });
  afterAll(() => dashboard.stop());

  const get = (path: string, encodings: string) =>
    fetch(dashboard.baseUrl + path, { headers: { "accept-encoding": encodings } });
  const findAddress = (pattern: RegExp) => {
    const [address] = pattern.exec(html) ?? [];
    if (address === undefined) throw new Error(`${pattern.source} is not in the page`);
    return address;
  };

  test.each([
    ["script", () => findAddress(/\/assets\/index-[\w-]+\.js/)],
    ["style sheet", () => findAddress(/\/assets\/[\w-]+\.css/)],
    ["page", () => "/w/demo/servers"],
  ])("a %s is compressed for a client that accepts gzip, and only for it", async (_, toPath) => {
    const compressed = await get(toPath(), "br, gzip");
    const plain = await get(toPath(), "identity");
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(plain.headers.get("content-encoding")).toBeNull();
    for (const { headers } of [compressed, plain])
      expect(headers.get("vary")).toContain("accept-encoding");
    expect(await compressed.text()).toBe(await plain.text());
  });

  test("a browser keeps a file with a hash in its name for a year, and asks again for a page", async () => {
    const script = await get(findAddress(/\/assets\/index-[\w-]+\.js/), "gzip");
    const page = await get("/w/demo", "gzip");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const etag = script.headers.get("etag") ?? "";
    const again = await fetch(script.url, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
  });

  test("the font is preloaded and not compressed again", async () => {
    const font = await get(findAddress(/\/assets\/inter-latin-wght[\w-]+\.woff2/), "gzip");
    expect([font.status, font.headers.get("content-encoding")]).toEqual([200, null]);
  });
});
