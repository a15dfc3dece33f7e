import type { Db } from "../db/database.ts";
import { readVocabulary } from "../db/marketplace-search.ts";

/** A word of the marketplace's texts, and how many servers have it. */
export interface Word {
  term: string;
  servers: number;
}

/** The words of all servers, as an isolate keeps them: each letter's are parsed when they are first asked for. */
export class Vocabulary {
  readonly #texts: Map<string, string>;
  readonly #words = new Map<string, Word[]>();

  private constructor(texts: Map<string, string>) {
    this.#texts = texts;
  }

  /** Reads the words once for a catalogue. Requests at the same time can read them twice. */
  static async open(db: Db, catalogue: { vocabulary: Vocabulary | null }): Promise<Vocabulary> {
    catalogue.vocabulary ??= new Vocabulary(await readVocabulary(db));
    return catalogue.vocabulary;
  }

  /** The words with this first letter, the most frequent ones first. */
  listWords(letter: string): Word[] {
    let words = this.#words.get(letter);
    if (!words) {
      words = parseWords(this.#texts.get(letter) ?? "");
      this.#words.set(letter, words);
    }
    return words;
  }

  /** How many servers have a word. */
  countServers(word: string): number {
    const words = this.listWords(word.slice(0, 1));
    return words.find(({ term }) => term === word)?.servers ?? 0;
  }
}

function parseWords(text: string): Word[] {
  if (text === "") return [];
  const words = text.split(",").map((pair) => {
    const space = pair.indexOf(" ");
    return { term: pair.slice(0, space), servers: Number(pair.slice(space + 1)) };
  });
  return words.toSorted((a, b) => b.servers - a.servers);
}
