import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { Db } from "../db/database.ts";
import { countServersWithWords, findListings } from "../db/marketplace-search.ts";
import type { Catalogue } from "./catalogue.ts";
import { toWords } from "./query.ts";

const MAX_SIMILAR = 6;
/** The rarest words of a server say what it is for, but not words that only a few have. */
const USED_WORDS = 5;
const FEWEST_SERVERS = 2;
const MOST_SERVERS = 3_000;
/** For each category in common, in the same unit as a word that one server in a thousand has. */
const CATEGORY_POINTS = 2;

/** Finds servers for the same purpose: those that have rare words in common with the server, and its categories. */
export async function findSimilar(
  db: Db,
  catalogue: Catalogue,
  { id, document }: { id: number; document: ServerDocument },
): Promise<number[]> {
  const { name, title, description } = document;
  const texts = [name.slice(name.indexOf("/") + 1), title, description?.slice(0, 300)];
  const words = toWords(texts.join(" ")).filter((word) => word.length > 2 && !/^\d+$/.test(word));
  const servers = [...(await countServersWithWords(db, words))]
    .filter(([, count]) => count >= FEWEST_SERVERS && count <= MOST_SERVERS)
    .toSorted(([, a], [, b]) => a - b)
    .slice(0, USED_WORDS);
  const lists = await findListings(
    db,
    servers.map(([word]) => `{name title description tags} : "${word}"`),
  );
  const points = new Map<number, number>();
  for (const [position, [, count]] of servers.entries()) {
    const weight = Math.log2(catalogue.byScore.length / count + 1);
    for (const other of lists[position] ?? []) points.set(other, (points.get(other) ?? 0) + weight);
  }
  points.delete(id);
  const own = categoriesOf(catalogue, id);
  const rank = ([other, sum]: [number, number]) => {
    const common = categoriesOf(catalogue, other).filter((category) => own.includes(category));
    const score = catalogue.scoreOf[other] ?? 0;
    return (sum + common.length * CATEGORY_POINTS) * (1 + score / 100);
  };
  return [...points]
    .filter(([other]) => (catalogue.kindOf[other] ?? -1) !== -1)
    .map((entry) => ({ id: entry[0], rank: rank(entry) }))
    .toSorted((a, b) => b.rank - a.rank || a.id - b.id)
    .slice(0, MAX_SIMILAR)
    .map((entry) => entry.id);
}

function categoriesOf({ kinds, kindOf }: Catalogue, id: number): string[] {
  return kinds[kindOf[id] ?? -1]?.category ?? [];
}
