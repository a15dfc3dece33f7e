import { foldLookAlikes } from "./confusable-names.ts";
import { listHidden, stripHidden } from "./hidden-characters.ts";

/** Longest text that is looked at; the middle of a longer one is not. */
const MAX_TEXT = 20_000;
/** Characters behind a part that belong to it: an order whose object is another one is another order. */
const EXCERPT_TAIL = 80;
/** Most orders of one kind in one text that are listed. */
const MAX_ORDERS = 20;

/** A part of a text that a person should see before a model does. */
export interface SuspiciousPart {
  severity: "critical" | "high";
  /** What the text does, as the end of a sentence: “tells the model to read your files”. */
  what: string;
  /** The part with what follows it. */
  excerpt: string;
}

/** Orders to the model, worst first. */
const ORDERS: readonly [severity: "critical" | "high", pattern: RegExp, what: string][] = [
  [
    "critical",
    /<\s*(?:important|system|instructions?|hidden|secret|admin|critical|assistant|sys|override)\s*>(?:[\s\S]{0,1000}?<\s*\/\s*(?:important|system|instructions?|hidden|secret|admin|critical|assistant|sys|override)\s*>)?|\[(?:system|inst|hidden)\](?:[\s\S]{0,1000}?\[\/(?:system|inst|hidden)\])?|<\|(?:im_start|system)\|>/i,
    "marks an order to the model",
  ],
  [
    "critical",
    /\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|your|every|these|those|of)\s+){0,3}(?:previous|prior|above|earlier|preceding|other|existing|system|safety)\s+(?:(?:\w+\s+){0,2}(?:instructions?|prompts?|directions?|guidelines?)|(?:(?:system|safety|security|user|developer)\s+)?(?:rules?|messages?|context))|\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|your|every|these|those|of)\s+){0,3}(?:instructions?|prompts?|rules?|directions?|guidelines?)\s+(?:that\s+|which\s+)?(?:you\s+(?:were|are|have|had|got|know)|above|before|from\s+(?:the\s+)?(?:system|user|developer))|\b(?:forget|ignore|disregard)\s+(?:everything|all|anything)\s+(?:that\s+)?(?:(?:is\s+|was\s+|came\s+)?(?:above|before|so far)|you\s+(?:were|have|know))/i,
    "tells the model to ignore its instructions",
  ],
  [
    "critical",
    /(?:ignorier\w{0,3}|vergiss|vergesst|missachte|ignorez?|oubliez?|ignor[ae]|olvid[ae]|esqueç[ae]|dimentica|negeer|vergeet|zignoruj)\s+(?:[\p{L}’']+\s+){0,4}(?:anweisung\w*|instruktion\w*|regeln|instructions|consignes|instrucciones|istruzioni|instruções|instructies|instrukcj\w*)|(?:игнорируй|проигнорируй|забудь)(?:те)?[^.\n]{0,40}(?:инструкци|указани|правил)|(?:忽略|无视|無視|忘记|忘記)[^。\n]{0,12}(?:指令|指示|说明|說明|提示|规则|規則)|(?:指示|命令|ルール)[^。\n]{0,8}(?:無視|忘れ)|(?:지시|명령|지침)[^.\n]{0,8}무시/iu,
    "tells the model to ignore its instructions",
  ],
  [
    "critical",
    /\b(?:do not|don['’]?t|never|must not|should not|without|avoid)\s+(?:ever\s+)?(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|notify(?:ing)?|reveal(?:ing)?|alert(?:ing)?|disclos(?:e|ing)|show(?:ing)?|explain(?:ing)?|report(?:ing)?|let(?:ting)?)\s+(?:(?:this|that|it|anything|about|of|to|any|step)\s+){0,4}(?:the\s+|your\s+)?(?:user|human|person|operator)\b|\b(?:user|human)\s+(?:must|should|may|need)\s*(?:not|n['’]t)\s+(?:know|see|be (?:told|informed|aware))|\bkeep (?:this|it) (?:a )?secret from\b/i,
    "tells the model to hide something from you",
  ],
  [
    "critical",
    /\b(?:before|first|prior to)\b[^.\n]{0,160}\b(?:read|cat|open|load|fetch|access|retrieve|get)\b[^.\n]{0,80}(?:~\/|\/etc\/|\.ssh|id_rsa|\.env\b|mcp\.json|\.aws|credentials?\b[^.\n]{0,20}file|private key|\/home\/|\.cursor)|\b(?:read|cat|open|load)\b[^.\n]{0,60}(?:~\/\.\w+|id_rsa|\.ssh\b|\/etc\/(?:passwd|shadow)|mcp\.json|\.cursor\b)|\b(?:read|cat|open|load)\b[^.\n]{0,60}\s\.env\b[^.\n]{0,60}\b(?:pass|send|include|attach|add|give|put|content)/i,
    "tells the model to read your files",
  ],
  [
    "critical",
    /\b(?:put|paste|pass|include|provide|supply|give|attach|insert|write|copy|add|send)\b[^.\n]{0,60}\b(?:contents?|text|body|value|lines?|copy)\s+(?:of|from|in)\b[^.\n]{0,40}(?:~\/\.(?:ssh|aws|cursor|gnupg|kube|netrc|npmrc|pypirc|docker|git-credentials|config\/gcloud)\b|id_(?:rsa|ed25519|ecdsa)\b|mcp\.json|\/etc\/(?:passwd|shadow))|\bcontents?\s+of\b[^.\n]{0,40}(?:~\/\.(?:ssh|aws|cursor|gnupg|kube|netrc|npmrc|pypirc|docker|git-credentials|config\/gcloud)\b|id_(?:rsa|ed25519|ecdsa)\b|mcp\.json|\/etc\/(?:passwd|shadow))[^\n]{0,40}\bhere\b/i,
    "asks for the content of your files",
  ],
  [
    "critical",
    /\bpass(?:ing)?\b[^.\n]{0,60}\b(?:content|contents|result|output|conversation|history|file)\b[^.\n]{0,60}\b(?:as|in|into|to|via)\b[^.\n]{0,30}(?:['"`]?(?:sidenote|side_note|notes?|context|metadata|debug)['"`]?)\b/i,
    "tells the model to pass data on in an argument",
  ],
  [
    "high",
    /\b(?:send|forward|upload|post|exfiltrate|transmit|leak|copy|bcc|cc)\b[^.\n]{0,80}\b(?:conversation|chat history|credentials?|api keys?|tokens?|passwords?|secrets?|env(?:ironment)? variables?|private keys?|system prompt)\b[^.\n]{0,80}\b(?:to|at)\b[^.\n]{0,40}(?:https?:\/\/|@|\bserver\b|\bendpoint\b|\battacker\b)/i,
    "tells the model to send data away",
  ],
  [
    "high",
    /\b(?:always|must|first|also|silently|secretly|automatically)\b[^.\n]{0,40}\b(?:send|forward|upload|post|e-?mail|transmit|copy|bcc|cc)\b[^.\n]{0,80}\b(?:to|at)\s+[\w.+-]{1,60}@[\w-]{1,60}\.\w|\b(?:always|silently|secretly|automatically)\b[^.\n]{0,40}\b(?:send|forward|upload|post|e-?mail|transmit|copy|bcc|cc)\b[^.\n]{0,80}\b(?:to|at)\s+https?:\/\//i,
    "tells the model to send data away",
  ],
  [
    "high",
    /\b(?:when(?:ever)?|if|before|after|each time|every time)\b[^.\n]{0,20}\btool\s+["'`]?[\w-]{1,60}["'`]?\s+(?:of|from|on|in|by)\s+(?:the\s+)?server\s+["'`]?[\w-]{1,60}["'`]?\s+(?:is|was|gets)\s+(?:called|used|invoked|run)\b[^.\n]{0,80}\b(?:must|always|instead|should|also|first|mandatory)\b/i,
    "says how tools of another server are to be used",
  ],
  [
    "high",
    /\b(?:when(?:ever)?|if|before|after|each time|every time)\b[^.\n]{0,60}\b(?:any|every|all|each)\s+(?:other\s+)?(?:tools?|servers?|functions?)\b[^.\n]{0,120}\b(?:must|always|instead|should|also|first|mandatory)\b|\b(?:must|always)\b[^.\n]{0,60}\b(?:before|instead of)\b[^.\n]{0,30}\b(?:(?:any|every|all|each)\s+(?:other\s+)?|other\s+)(?:tools?|servers?)\b|\bthis tool (?:replaces|overrides|supersedes) (?:all|any|every|the) other (?:tools?|servers?)\b/i,
    "changes how the model uses other tools",
  ],
  [
    "high",
    /\b(?:do not|don['’]?t|never|no need to)\s+(?:ever\s+)?(?:ask|wait|prompt)\b[^.\n]{0,40}\b(?:confirm|confirmation|approval|approve|permission|consent)\b|\bwithout\s+(?:asking|confirmation|approval|permission|consent|confirming)\b(?=[^.\n]{0,40}\b(?:user|human|confirmation|approval|permission|first)\b)/i,
    "tells the model not to ask before it acts",
  ],
  [
    "high",
    /\bstyle\s*=\s*["'][^"'<>]{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0)|<[a-z]{1,12}\s[^<>]{0,200}\bhidden\b[^<>]{0,80}>/i,
    "has a part that a browser does not show",
  ],
  [
    "high",
    /<!--[\s\S]{1,4000}?-->/,
    "has a comment, which you do not see where the text is shown as Markdown",
  ],
  [
    "high",
    /\n(?:[ \t]{0,80}\n){15,200}[ \t]{0,80}\S|[ \t]{120,400}\S/,
    "moves a part of itself out of sight",
  ],
];

const BLOB =
  /(?:^|[^\w/+])((?:[A-Za-z0-9+/]{4}){12,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)(?![\w/+])/g;

const ALL_ORDERS = ORDERS.map(
  ([severity, pattern, what]) =>
    [severity, new RegExp(pattern, `${pattern.flags}g`), what] as const,
);

/** At least 20 pairs of digits. */
const HEXADECIMAL = /(?<![\w])(?:[0-9a-f]{2}){20,}(?![\w])/gi;
/** At least 8 characters as escapes, entities or octets of a URI. */
const CODES =
  /(?:\\x[0-9a-f]{2}){8,}|(?:\\u[0-9a-f]{4}){8,}|(?:&#x?[0-9a-f]{1,6};\s?){8,}|(?:%[0-9a-f]{2}){8,}/i;
/** Orders to the model, worst first, at most one of each kind. */
export function findOrders(text: string): SuspiciousPart[] {
  const shown = toPlain(shorten(text));
  return ORDERS.flatMap(([severity, pattern, what]) => {
    const found = pattern.exec(shown);
    return found ? [{ severity, what, excerpt: toExcerpt(shown, found) }] : [];
  });
}

/** Every order to the model, those of one kind together, worst first. */
export function listOrders(text: string): SuspiciousPart[] {
  const shown = toPlain(shorten(text));
  return ALL_ORDERS.flatMap(([severity, pattern, what]) =>
    [...shown.matchAll(pattern)]
      .slice(0, MAX_ORDERS)
      .map((found) => ({ severity, what, excerpt: toExcerpt(shown, found) })),
  );
}

/** As a model reads it: without hidden characters, with the letters that others only look like. */
function toPlain(text: string): string {
  if (/^[\t\n\x20-\x7e]*$/.test(text)) return text;
  return foldLookAlikes(stripHidden(text).normalize("NFKC"));
}

/** The part with the rest of its sentence. What is closed by a mark has its end there. */
function toExcerpt(text: string, { 0: part, index }: { 0: string; index: number }): string {
  if (/(?:-->|<\s*\/[^<>]{1,20}>|\[\/\w+\])$/.test(part)) return part;
  const tail = text.slice(index + part.length, index + part.length + EXCERPT_TAIL);
  return part + (/^[\s\S]*?[.!?](?=\s|$)|^[^\n]*/.exec(tail)?.[0] ?? "");
}

/** Flags of England, Scotland and Wales: the only emoji with Tag characters. */
const FLAGS =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu;
/** Selectors of variants, which only Han characters have. */
const STRAY_SELECTOR = /(?<!\p{sc=Han})[\u{e0100}-\u{e01ef}]/u;
/** What moves the cursor of a terminal, or begins an order to it. */
const TERMINAL = new Set(["U+0008", "U+000D", "U+001B", "U+007F", "U+009B"]);

/** Invisible characters of a text; null: it has none. */
export function findHidden(text: string): SuspiciousPart | null {
  const shown = text.replaceAll(FLAGS, "\u{1f3f4}");
  const hidden = listHidden(shown);
  return hidden.length === 0
    ? null
    : { ...describeHidden(hidden, STRAY_SELECTOR.test(shown)), excerpt: hidden.join(" ") };
}

/** What hidden characters do, by their code points (`U+200B`). */
function describeHidden(
  hidden: readonly string[],
  isSpelling: boolean,
): Pick<SuspiciousPart, "severity" | "what"> {
  const isTerminal = hidden.some((one) => TERMINAL.has(one));
  // Tag characters and selectors spell text; the others turn text around or are marks in it.
  const isWorst =
    isTerminal ||
    isSpelling ||
    hidden.some((one) => /^U\+E00[2-7][0-9A-F]$|^U\+202[A-E]$|^U\+206[6-9]$/.test(one)) ||
    hidden.length > 3;
  const shown = hidden.slice(0, 4).join(", ");
  return {
    severity: isWorst ? "critical" : "high",
    what: isTerminal
      ? "controls a terminal by invisible characters"
      : `has invisible characters (${shown})`,
  };
}

/** A text in base64 or written as codes of its characters within the text; null: there is none. */
export function findEncodedText(text: string): SuspiciousPart | null {
  const shown = shorten(text);
  for (const [, blob = ""] of shown.matchAll(BLOB))
    if (isReadable(decodeBase64(blob)))
      return { severity: "high", what: "has a text in base64", excerpt: blob };
  for (const [blob] of shown.matchAll(HEXADECIMAL))
    if (isReadable(decodeHexadecimal(blob)))
      return { severity: "high", what: "has a text in hexadecimal", excerpt: blob };
  const [codes] = CODES.exec(shown) ?? [];
  return codes === undefined
    ? null
    : { severity: "high", what: "has a text that is written as codes", excerpt: codes };
}

/** The names of tools that a text mentions. A name that is an everyday word is not looked for. */
export function listNamedTools(text: string, names: Iterable<string>): string[] {
  const words = new Set(
    // Markdown writes an underscore with a backslash.
    text
      .slice(0, MAX_TEXT)
      .replaceAll("\\_", "_")
      .match(/[A-Za-z][\w-]{4,120}/g)
      ?.map((word) => word.toLowerCase()),
  );
  if (words.size === 0) return [];
  return [...names].filter((name) => /[_-]|[a-z][A-Z]/.test(name) && words.has(name.toLowerCase()));
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT / 2) + text.slice(-MAX_TEXT / 2) : text;
}

function decodeBase64(blob: string): string {
  try {
    return atob(blob);
  } catch {
    // No base64.
    return "";
  }
}

function decodeHexadecimal(blob: string): string {
  return (blob.match(/../g) ?? []).map((pair) => String.fromCharCode(parseInt(pair, 16))).join("");
}

function isReadable(decoded: string): boolean {
  const readable = decoded.replaceAll(/[^\x20-\x7e\n\t]/g, "");
  return readable.length > decoded.length * 0.95 && /[ \n]/.test(decoded);
}
