import MarkdownIt from "markdown-it";

/** An element of a README, or a text. Nothing else of the Markdown is shown. */
export type ReadmeNode = string | ReadmeElement;

/** `tag` is one of `TAGS`; `href`, `start` and `align` stand where the tag has them. */
export interface ReadmeElement {
  tag: Tag;
  children: ReadmeNode[];
  href?: string;
  start?: number;
  align?: "left" | "center" | "right";
}

const TEXT_TAGS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "a"] as const;
const BLOCK_TAGS = ["blockquote", "ul", "ol", "li", "hr", "br", "pre", "code"] as const;
const TABLE_TAGS = ["table", "thead", "tbody", "tr", "th", "td"] as const;
const TAGS = [...TEXT_TAGS, ...BLOCK_TAGS, ...TABLE_TAGS];
type Tag = (typeof TAGS)[number];
const KNOWN_TAGS = new Set<string>(TAGS);

/** A document is cut after this many elements and texts. What is within more others is left out. */
const MAX_NODES = 8_000;
const MAX_DEPTH = 24;

/**
 * The library looks for the end of a link from each bracket to the end of its paragraph. A document is cut before the
 * paragraph with which this product of brackets and characters is exceeded: that is a fifth of a second, and genuine
 * documents have less than a tenth of it.
 */
const MAX_LINK_SEARCH = 50_000_000;

/** HTML is text. The library's own check of addresses is replaced by that of each link that is shown. */
const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: MAX_DEPTH });
parser.validateLink = () => true;
// Bare words such as README.md would become links to a host of that name.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

parser.core.ruler.before("inline", "limit_link_search", ({ tokens, env }) => {
  let search = 0;
  const end = tokens.findIndex(({ type, content }) => {
    if (type === "inline") search += (content.split("[").length - 1) * content.length;
    return search > MAX_LINK_SEARCH;
  });
  if (end === -1) return;
  // Without the token that opens the paragraph.
  tokens.length = end - 1;
  env.isCut = true;
});

type Token = ReturnType<typeof parser.parse>[number];

/**
 * Parses a README into the elements that are shown. The library's tokens are read one by one, and what is not known is left
 * out: no text of the README ever becomes HTML. `isCut`: it has more than is shown.
 */
export function parseReadme(text: string): { nodes: ReadmeNode[]; isCut: boolean } {
  const builder = new TreeBuilder();
  const env = { isCut: false };
  builder.addAll(parser.parse(text, env));
  return { nodes: builder.root, isCut: env.isCut || builder.isCut };
}

/** Makes the tree of a list of tokens that open and close elements. */
class TreeBuilder {
  readonly root: ReadmeNode[] = [];
  /** Null: an element that is not shown itself. */
  readonly #open: (ReadmeElement | null)[] = [];
  #count = 0;
  #isDeep = false;

  get isCut(): boolean {
    return this.isFull || this.#isDeep;
  }

  get isFull(): boolean {
    return this.#count > MAX_NODES;
  }

  addAll(tokens: Token[]): void {
    for (const token of tokens) {
      if (this.isFull) return;
      if (token.nesting === 1) this.#open.push(this.#begin(token));
      else if (token.nesting === -1) this.#open.pop();
      else this.#addSelfContained(token);
    }
  }

  #addSelfContained(token: Token): void {
    switch (token.type) {
      case "inline":
        this.addAll(token.children ?? []);
        break;
      case "code_inline":
        this.#add({ tag: "code", children: [token.content] });
        break;
      case "code_block":
      case "fence":
        this.#add({ tag: "pre", children: [token.content] });
        break;
      case "softbreak":
        this.#add(" ");
        break;
      case "hardbreak":
      case "hr":
        this.#add({ tag: token.type === "hr" ? "hr" : "br", children: [] });
        break;
      case "image":
        // Its text, because images are on other hosts, which would see who reads the page.
        this.addAll(token.children ?? []);
        break;
      default:
        this.#add(token.content);
    }
  }

  #begin(token: Token): ReadmeElement | null {
    // The library leaves out what is within it, in a list also what is behind it.
    if (this.#open.length >= MAX_DEPTH - 1) this.#isDeep = true;
    // A paragraph of a list without blank lines is no element.
    if (token.hidden || !isTag(token.tag) || this.#open.length >= MAX_DEPTH) return null;
    const element: ReadmeElement = { tag: token.tag, children: [] };
    const href = token.attrGet("href");
    if (href !== null) element.href = String(href);
    const start = Number(token.attrGet("start"));
    if (Number.isSafeInteger(start) && start > 0) element.start = start;
    const align = /^text-align:(left|center|right)$/.exec(String(token.attrGet("style")))?.[1];
    if (align === "left" || align === "center" || align === "right") element.align = align;
    this.#add(element);
    return element;
  }

  #add(node: ReadmeNode): void {
    if (node === "") return;
    this.#count += 1;
    const parent = this.#open.findLast((element) => element !== null);
    (parent?.children ?? this.root).push(node);
  }
}

function isTag(text: string): text is Tag {
  return KNOWN_TAGS.has(text);
}
