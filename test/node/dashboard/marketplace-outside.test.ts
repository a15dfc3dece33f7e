import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { startListedUpstream } from "../../fixtures/listed-upstream.mjs";
import { startReadmes } from "../../fixtures/readmes.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

const HOSTILE_README = `# Kestrel, level one

<script>globalThis.pwned = 1</script> <img src=x onerror=alert(1)> <svg onload=alert(1)>

<iframe src="https://evil.example.com"></iframe><style>body { display: none }</style><h1 id="install">x</h1>

![A picture of a kestrel](https://evil.example.com/pixel.png) [![badge](https://evil.example.com/b.svg)](javascript:alert(1))

[run](javascript:globalThis.pwned=1) [data](data:text/html,<script>1</script>) [vb](vbscript:x) [plain](http://plain.example.com)
[section](#install) [user](https://a:b@evil.example.com) [setup](docs/setup.md#keys) [licence](/LICENSE)
[other](https://elsewhere.example.com) <mailto:a@example.com> [inner](//127.0.0.1)

safe\u202etxt.exe and zero\u200bwidth

${">".repeat(5_000)} deep

\`\`\`sh
${"long ".repeat(500)}
\`\`\`

| head |
| ---- |
| cell |

${"![[a_*".repeat(2_000)}

The last line.

${Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth * 2)}- item`).join("\n")}
`;

describe.skipIf(!hasChromium)(
  "what a server's page shows from outside",
  { timeout: TIMEOUT_MS },
  () => {
    let stage: Stage;
    let page: Page;
    let readmes: Awaited<ReturnType<typeof startReadmes>>;
    let upstream: Awaited<ReturnType<typeof startListedUpstream>>;

    beforeAll(async () => {
      readmes = await startReadmes();
      upstream = await startListedUpstream();
      const setup = { files: { "README.md": HOSTILE_README } };
      await fetch(`${readmes.url}/example/kestrel`, { method: "PUT", body: JSON.stringify(setup) });
      const prepare = async ({ api }: Stage["dashboard"]) => {
        await manage(api, "POST", "/workspaces", { slug: "kestrels", name: "Kestrels" });
        const servers = [
          { name: "kestrel", repository: { url: "https://github.com/example/kestrel" } },
          { name: "bare" },
          ...["guarded", "siskin"].map((name) => ({
            name,
            remotes: [{ type: "streamable-http", url: `${upstream.url}/${name}` }],
          })),
        ].map((server) => ({ server: { ...server, name: `com.example.outside/${server.name}` } }));
        await manage(api, "POST", "/marketplace/imports", {
          source: "official",
          page: { servers },
        });
      };
      const bindings = { MARKETPLACE_READMES: readmes.url };
      stage = await openStage("kestrels", prepare, { bindings });
      page = stage.page;
    }, TIMEOUT_MS);

    afterAll(async () => {
      await stage.close();
      await readmes.close();
      await upstream.close();
    });

    const open = async (name: string) => {
      await page.goto(`/marketplace/com.example.outside/${name}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
    };

    test("shows a hostile README as text: nothing of it runs or is requested, and links lead outside or nowhere", async () => {
      const sent: string[] = [];
      page.on("request", (request) => sent.push(request.url()));
      await open("kestrel");
      const readme = page.locator("section", {
        has: page.getByRole("heading", { name: "README" }),
      });
      await readme.scrollIntoViewIfNeeded();
      const last = readme.getByText("The last line.");
      await last.waitFor();
      // Elements of React alone, none of which loads or runs anything, and no id that the page has.
      const inside = readme.locator("div.wrap-anywhere");
      expect(
        await inside.locator("img, script, iframe, svg, style, form, input, object, [id]").count(),
      ).toBe(0);
      expect(
        await inside
          .locator("*")
          .evaluateAll((all) =>
            all.flatMap((element) =>
              element.getAttributeNames().filter((name) => /^on|style/.test(name)),
            ),
          ),
      ).toEqual([]);
      await inside.getByText("The README is shortened here").waitFor();
      const text = await inside.innerText();
      for (const shown of [
        "<script>globalThis.pwned = 1</script>",
        "<img src=x onerror=alert(1)>",
        "A picture of a kestrel",
        "safe\\u{202e}txt.exe and zero\\u{200b}width",
        "run",
      ])
        expect(text).toContain(shown);
      const blob = "https://github.com/example/kestrel/blob/HEAD";
      const links = await inside
        .locator("a")
        .evaluateAll((all) =>
          all.map((link) => `${link.getAttribute("href")} ${link.getAttribute("rel")}`),
        );
      const rel = "noopener noreferrer nofollow ugc";
      expect(links).toEqual(
        [
          // An address in a text.
          "https://evil.example.com/",
          `${blob}/docs/setup.md#keys`,
          `${blob}/LICENSE`,
          "https://elsewhere.example.com/",
          "mailto:a@example.com",
        ].map((address) => `${address} ${rel}`),
      );
      expect(await inside.locator("h1, h2").count()).toBe(0);
      expect(
        await inside
          .getByRole("heading", { name: "Kestrel, level one" })
          .evaluate(({ tagName }) => tagName),
      ).toBe("H3");
      expect(await inside.locator("blockquote").count()).toBeLessThan(30);
      expect(await inside.locator("table td").first().innerText()).toBe("cell");
      expect(await page.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
      expect(sent.filter((url) => !url.startsWith(stage.dashboard.baseUrl))).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(
        true,
      );
    });

    test("shows the tools that a server lists, what has changed, and which it does not list without credentials", async () => {
      const probe = async (name: string, state: object) => {
        await fetch(`${upstream.url}/control/${name}`, {
          method: "POST",
          body: JSON.stringify(state),
        });
        const path = `/marketplace/servers/com.example.outside/${name}/probes`;
        await manage(stage.dashboard.api, "POST", path);
      };
      const tool = { name: "drop_nest", annotations: { destructiveHint: true } };
      await probe("siskin", { tools: [tool] });
      const hostile = "Drops\u202e it. <img src=x> [here](javascript:alert(1))";
      await probe("siskin", { tools: [{ ...tool, description: hostile }, "look\u200bup"] });
      await probe("guarded", { refusal: { status: 401 } });
      await open("siskin");
      const section = (title: string) =>
        page
          .locator("section")
          .filter({ has: page.getByRole("heading", { name: title, exact: true }) });
      await section("Changes").waitFor();
      const shown = await section("Tools").innerText();
      for (const text of [
        /Responds\s+Without credentials, in .* ms, with MCP 2025-11-25/,
        /2 tools, about \d+ tokens/,
        /drop_nest\s+Destructive/,
        /Drops\\u\{202e\} it\. <img src=x> \[here\]/,
        /look\\u\{200b\}up/,
        /No description/,
      ])
        expect(shown).toMatch(text);
      expect(await section("Changes").innerText()).toMatch(
        /drop_nest has another description[^]*look\\u\{200b\}up is new|look\\u\{200b\}up is new[^]*drop_nest has another description/,
      );
      await open("guarded");
      await section("Tools").getByText("Not inspected: needs credentials").waitFor();
      await open("bare");
      await section("Tools").getByText("Not inspected: only addresses without variables").waitFor();
      expect(stage.owner.problems).toEqual([]);
    });
  },
);
