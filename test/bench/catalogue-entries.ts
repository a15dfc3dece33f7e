// Generated entries of a registry, with words as rare and frequent as in texts: the nth word is n times as rare as the first.

const DAY_MS = 86_400_000;
const RARE_WORDS = 30_000;
const OWNERS = 40_000;

/** Words that people search for, the most frequent first. */
const KNOWN_WORDS =
  `github search database api slack postgres docs code browser email file aws docker notion jira image google
  memory weather calendar stripe kubernetes playwright sqlite mongodb redis figma linear youtube obsidian discord telegram
  excel pdf azure cloudflare sentry grafana terraform elasticsearch snowflake bigquery shopify hubspot salesforce crypto
  maps travel news arxiv wikipedia reddit twitter spotify blender unity minecraft health fitness music video audio
  translate security vulnerability scanner monitoring logs metrics workflow automation`.split(
    /\s+/,
  );
const SYLLABLES =
  "ka lo mi ra ten vor sil bu dra fen gor hap jin kel mor nis pol qua rin sta tul vex wol zan".split(
    " ",
  );
const FILLERS = "a the for and to of with your that from".split(" ");

/** A generator of numbers from 0 to 1 that is the same in each run (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A word: one of those that people search for, or one of 30,000 rare ones. */
export function drawWord(random: () => number): string {
  const rank = Math.floor((KNOWN_WORDS.length + RARE_WORDS) ** random()) - 1;
  return KNOWN_WORDS[rank] ?? toRareWord(rank);
}

function toRareWord(rank: number): string {
  let word = "";
  for (let rest = rank + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length] ?? "";
  return word;
}

/** Makes entry `position` of a catalogue, in the format of the registries' API. */
export function makeEntry(position: number, random: () => number, now: number): object {
  const owner = toRareWord(Math.floor(OWNERS * random() ** 3));
  const word = drawWord(random);
  const name = `${random() < 0.8 ? "io.github" : "com"}.${owner}/${word}-mcp-${position.toString(36)}`;
  const sentence = Array.from({ length: 8 + Math.floor(random() * 16) }, () =>
    random() < 0.4 ? FILLERS[Math.floor(random() * FILLERS.length)] : drawWord(random),
  ).join(" ");
  const key = { name: `${word.toUpperCase()}_KEY`, description: "A key", isSecret: true };
  const headers = [{ ...key, name: "Authorization" }];
  const kind = random();
  const published = new Date(now - 700 * DAY_MS * random() ** 2).toISOString();
  return {
    server: {
      name,
      description: `MCP server ${sentence}`,
      version: "1.0.0",
      ...(random() < 0.5 ? { title: `${word} ${drawWord(random)}` } : {}),
      repository: { url: `https://github.com/${owner}/${word}-${position}`, source: "github" },
      packages:
        kind < 0.7
          ? [
              {
                registryType: kind < 0.4 ? "npm" : kind < 0.6 ? "pypi" : "oci",
                identifier: `${owner}-${word}`,
                version: "1.0.0",
                transport: { type: "stdio" },
                environmentVariables: random() < 0.5 ? [key] : [],
              },
            ]
          : [],
      remotes:
        kind > 0.65
          ? [
              {
                type: random() < 0.85 ? "streamable-http" : "sse",
                url: `https://${owner}.example.com/mcp`,
                headers: random() < 0.3 ? headers : [],
              },
            ]
          : [],
    },
    _meta: {
      "io.modelcontextprotocol.registry/official": {
        status: random() < 0.02 ? "deprecated" : "active",
        publishedAt: published,
        updatedAt: published,
        isLatest: true,
      },
    },
  };
}
