import { describe, expect, inject, test } from "vitest";
import { egressOf } from "../../../workers/upstream/egress.ts";
import { checkUpstreamUrl, guardedFetch } from "../../../workers/upstream/guarded-fetch.ts";
import { httpError } from "../../../workers/upstream/upstream-errors.ts";
import { bindings, upstreamStats } from "../support/gateway-client.ts";

const PUBLIC = { allowPrivate: false, ports: "", onlyNames: false };
const PRIVATE = { ...PUBLIC, allowPrivate: true };

describe("the address of an upstream", () => {
  test("an upstream can have a public name or address over https", () => {
    for (const url of [
      "https://mcp.example.com/mcp",
      "https://example.com.:443/x?y=1",
      "https://1.1.1.1/",
      "https://[2606:4700::1111]/",
      "https://test.com/",
      "https://svc.home.consul.dev/",
      "https://mycorp.io/",
      "https://notlocal.host/",
    ]) {
      expect(checkUpstreamUrl(url, PUBLIC)).toBe(null);
    }
  });

  test("an upstream can be private or use plain http only where that is allowed", () => {
    for (const url of [
      "http://127.0.0.1:3000/mcp",
      "http://example.com/mcp",
      "https://10.0.0.1/",
    ]) {
      expect(checkUpstreamUrl(url, PRIVATE)).toBe(null);
      expect(checkUpstreamUrl(url, PUBLIC)).toMatch(/public|https/);
    }
  });

  test("an upstream is never where a cloud gives its machines credentials", () => {
    for (const host of [
      "169.254.169.254",
      "2852039166",
      "0xa9.254.169.254",
      "169.254.170.2.",
      "[::ffff:169.254.169.254]",
      "[fe80::1]",
      "[fd00:ec2::254]",
      "100.100.100.200",
    ])
      expect(checkUpstreamUrl(`http://${host}/latest/meta-data`, PRIVATE)).toMatch(/credentials/);
    expect(checkUpstreamUrl("http://[fd00:ec2::253]/mcp", PRIVATE)).toBe(null);
  });

  test("an upstream has a name where the platform reaches no addresses", () => {
    const rules = { ...PUBLIC, onlyNames: true };
    expect(checkUpstreamUrl("https://mcp.example.com/mcp", rules)).toBe(null);
    for (const host of ["1.1.1.1", "1.1.1.1.", "16843009", "[2606:4700::1111]"])
      expect(checkUpstreamUrl(`https://${host}/mcp`, rules)).toMatch(/use a host name/);
    expect(checkUpstreamUrl("https://10.0.0.1/", rules)).toMatch(/public/);
    expect(egressOf(bindings).onlyNames).toBe(true);
    expect(egressOf({ ...bindings, EGRESS: bindings.ASSETS as Fetcher }).onlyNames).toBe(false);
  });

  test("an upstream can have port 443 and the ports that the operator lists", () => {
    const rules = { ...PUBLIC, ports: "8443,9443" };
    expect(checkUpstreamUrl("https://example.com:8443/mcp", rules)).toBe(null);
    expect(checkUpstreamUrl("https://example.com/mcp", rules)).toBe(null);
    for (const port of ["22", "80", "443.", "844", "9200", "65535"]) {
      expect(checkUpstreamUrl(`https://example.com:${port}/mcp`, rules)).not.toBe(null);
      expect(checkUpstreamUrl(`https://example.com:${port}/mcp`, PUBLIC)).not.toBe(null);
    }
    expect(checkUpstreamUrl("https://example.com:8443/mcp", PUBLIC)).toMatch(/UPSTREAM_PORTS/);
    expect(checkUpstreamUrl("http://127.0.0.1:3000/mcp", PRIVATE)).toBe(null);
  });

  test("an upstream URL has no other scheme, user or password", () => {
    for (const rules of [PUBLIC, PRIVATE]) {
      for (const url of [
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "example.com",
        "",
      ]) {
        expect(checkUpstreamUrl(url, rules)).not.toBe(null);
      }
      expect(checkUpstreamUrl("https://user:pass@example.com/", rules)).toMatch(/credentials/);
      expect(checkUpstreamUrl("https://token@example.com/", rules)).toMatch(/credentials/);
    }
  });

  test.each([
    [
      "loopback",
      "127.0.0.1 127.8.8.8 [::1] localhost LOCALHOST loc%61lhost a.localhost localhost. localhost.. 127.0.0.1. 127.0.0.1..",
    ],
    [
      "other ways to write an IPv4 address",
      "2130706433 0x7f000001 0x7f.1 017700000001 127.1 0 ①②⑦.⓪.⓪.①",
    ],
    ["private", "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 [fc00::1] [fd12:3456::1]"],
    [
      "link-local and metadata",
      "169.254.169.254 168.63.129.16 100.100.100.200 192.0.0.192 [fe80::1] metadata.google.internal metadata.google.internal. [fd00:ec2::254]",
    ],
    ["carrier-grade NAT", "100.64.0.1 100.127.255.255"],
    ["multicast, broadcast, unspecified", "224.0.0.1 255.255.255.255 0.0.0.0 [::] [ff02::1]"],
    [
      "reserved, benchmarking, documentation",
      "240.0.0.1 198.18.0.1 198.19.255.255 192.0.2.1 198.51.100.1 203.0.113.1 192.0.0.8 192.0.0.170 192.88.99.1 192.31.196.1 192.52.193.1 192.175.48.1 [2001:db8::1] [3fff::1] [100::1] [100:0:0:1::1] [5f00::1] [fec0::1] [feff::1] [2001:2::1] [2001:20::1] [2001:1ff::1] [2620:4f:8000::1] [4000::1]",
    ],
    [
      "IPv4-mapped",
      "[::ffff:127.0.0.1] [::ffff:a9fe:a9fe] [::ffff:0:127.0.0.1] [::127.0.0.1] [::8.8.8.8]",
    ],
    ["NAT64", "[64:ff9b::7f00:1] [64:ff9b::8.8.8.8] [64:ff9b:1::a00:1] [64:ff9b:1:ffff::8.8.8.8]"],
    ["6to4 and Teredo", "[2002:7f00:1::] [2002:a00:1::1] [2001:0:53aa:64c::1]"],
    [
      "names of a local network",
      "printer.local nas.lan x.internal x.home.arpa intranet router a.local.. x.localdomain x.corp x.home x.private x.mail X.Private.",
    ],
    [
      "names of a cluster",
      "api.default.svc vault.service.consul api.default.svc.cluster.local. host.docker.internal",
    ],
    [
      "names of special use",
      "x.onion a.test a.invalid a.example a.alt 1.0.0.127.in-addr.arpa resolver.arpa",
    ],
  ])("an upstream cannot be at %s", (_kind, hosts) => {
    const passed = hosts
      .split(" ")
      .filter((host) => checkUpstreamUrl(`https://${host}/mcp`, PUBLIC) === null);
    expect(passed).toEqual([]);
  });
});

describe("a guarded fetch", () => {
  const options = egressOf(bindings);
  const FIRST_BYTE_MS = 300;
  const get = (path: string) =>
    guardedFetch(
      inject("hostileUrl") + path,
      { method: "POST", headers: {}, body: "{}" },
      options,
      FIRST_BYTE_MS,
    );

  test("a guarded fetch sends nothing to a forbidden address", async () => {
    const url = `${inject("hostileUrl")}/guard-forbidden`;
    const fetched = await guardedFetch(
      url,
      { method: "POST", headers: {} },
      { ...options, allowPrivate: false },
      FIRST_BYTE_MS,
    );
    expect(fetched).toMatchObject({ ok: false, error: { code: "upstream_forbidden_address" } });
    expect((await upstreamStats("/guard-forbidden")).methods).toEqual({});
  });

  test("a guarded fetch returns every response but a redirect, unread", async () => {
    for (const status of [401, 403, 500]) {
      const fetched = await get(`/any/${status}`);
      expect(fetched.ok && fetched.response.status).toBe(status);
      if (fetched.ok) await fetched.response.body?.cancel();
    }
  });

  test("a guarded fetch follows no redirect", async () => {
    expect(await get("/any/redirect")).toEqual({
      ok: false,
      error: {
        code: "upstream_redirect",
        status: 307,
        message: "The server redirects (307): enter its final URL",
      },
    });
  });

  test("a guarded fetch without response headers in time fails and disconnects", async () => {
    expect(await get("/any/hang/guard")).toMatchObject({
      ok: false,
      error: { code: "upstream_timeout", message: "The server did not respond within 0.3 s" },
    });
    await expect.poll(async () => (await upstreamStats("/any/hang/guard")).closed).toBe(1);
  });

  test("the deadline of a guarded fetch ends with the response headers", async () => {
    const fetched = await guardedFetch(
      `${inject("hostileUrl")}/any/slow`,
      { method: "POST", headers: {}, body: '{"id":1}' },
      options,
      5_000,
    );
    expect(fetched.ok && (await fetched.response.text())).toContain("late");
  });

  test("a guarded fetch to a dead address fails as unreachable, without the address in the message", async () => {
    const dead = await guardedFetch(
      "http://127.0.0.1:1/secret?key=1",
      { method: "GET", headers: {} },
      options,
      FIRST_BYTE_MS,
    );
    for (const fetched of [dead, await get("/any/refuse")]) {
      expect(fetched).toMatchObject({ ok: false, error: { code: "upstream_unreachable" } });
      expect(JSON.stringify(fetched)).toContain("refused or closed the connection");
      expect(JSON.stringify(fetched)).not.toMatch(/secret|key|127/);
    }
  });

  test("a guarded fetch ends when its signal aborts", async () => {
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 50);
    const fetching = guardedFetch(
      `${inject("hostileUrl")}/any/hang/caller`,
      { method: "POST", headers: {}, body: "{}" },
      { ...options, signal: caller.signal },
      10_000,
    );
    expect(await fetching).toMatchObject({ ok: false });
    await expect.poll(async () => (await upstreamStats("/any/hang/caller")).closed).toBe(1);
    expect(
      await guardedFetch(
        `${inject("hostileUrl")}/guard-aborted`,
        { method: "GET", headers: {} },
        { ...options, signal: AbortSignal.abort() },
        FIRST_BYTE_MS,
      ),
    ).toMatchObject({ ok: false });
    expect((await upstreamStats("/guard-aborted")).methods).toEqual({});
  });

  test("a guarded fetch asks for no compression", async () => {
    await get("/ok/identity");
    expect((await upstreamStats("/ok/identity")).last?.headers["accept-encoding"]).toBe("identity");
  });
});

test("an HTTP status becomes a sentence that an admin can act on", () => {
  expect(httpError(401).message).toBe("401 from the server: its credential is missing or expired");
  expect(httpError(403)).toMatchObject({ code: "upstream_unauthorized", status: 403 });
  expect(httpError(502)).toEqual({
    code: "upstream_http_error",
    status: 502,
    message: "502 from the server",
  });
});
