import { listHidden } from "./hidden-characters.ts";

/** Longest text that is looked at; the middle of a longer one is not. */
const MAX_TEXT = 20_000;
/** Characters behind a part that belong to it: an order whose object is another one is another order. */
const EXCERPT_TAIL = 80;

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
    /<\s*\/?\s*(?:important|system|instructions?|hidden|secret|admin|critical|assistant|sys|override)\s*>|\[\/?(?:system|inst|hidden)\]|<\|(?:im_start|system)\|>/i,
    "marks an order to the model",
  ],
  [
    "critical",
    /\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|your|every|these|those|of)\s+){0,3}(?:previous|prior|above|earlier|preceding|other|existing|system|safety)\s+(?:\w+\s+){0,2}(?:instructions?|prompts?|rules?|messages?|directions?|guidelines?|context)/i,
    "tells the model to ignore its instructions",
  ],
  [
    "critical",
    /\b(?:do not|don['’]?t|never|must not|should not|without|avoid)\s+(?:ever\s+)?(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|notify(?:ing)?|reveal(?:ing)?|alert(?:ing)?|disclos(?:e|ing)|show(?:ing)?|explain(?:ing)?|report(?:ing)?|let(?:ting)?)\s+(?:(?:this|that|it|anything|about|of|to|any|step)\s+){0,4}(?:the\s+|your\s+)?(?:user|human|person|operator)\b|\b(?:user|human)\s+(?:must|should|may|need)\s*(?:not|n['’]t)\s+(?:know|see|be (?:told|informed|aware))|\bkeep (?:this|it) (?:a )?secret from\b/i,
    "tells the model to hide something from you",
  ],
  [
    "critical",
    /\b(?:before|first|prior to)\b[^.\n]{0,160}\b(?:read|cat|open|load|fetch|access|retrieve|get)\b[^.\n]{0,80}(?:~\/|\/etc\/|\.ssh|id_rsa|\.env\b|mcp\.json|\.aws|credentials?\b[^.\n]{0,20}file|private key|\/home\/|\.cursor)|\b(?:read|cat|open|load)\b[^.\n]{0,60}(?:~\/\.\w+|id_rsa|\.ssh\b|\/etc\/(?:passwd|shadow)|mcp\.json|\.cursor\b)/i,
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
    /\b(?:when(?:ever)?|if|before|after|each time|every time)\b[^.\n]{0,60}\b(?:any|every|all|each)\s+(?:other\s+)?(?:tools?|servers?|functions?)\b[^.\n]{0,120}\b(?:must|always|instead|should|also|first|mandatory)\b|\b(?:must|always)\b[^.\n]{0,60}\b(?:before|instead of)\b[^.\n]{0,30}\b(?:any|every|all|each)\s+(?:other\s+)?(?:tools?|servers?)\b|\bthis tool (?:replaces|overrides|supersedes) (?:all|any|every|the) other (?:tools?|servers?)\b/i,
    "changes how the model uses other tools",
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

/** Orders to the model, worst first, at most one of each kind. */
export function findOrders(text: string): SuspiciousPart[] {
  const shown = shorten(text);
  return ORDERS.flatMap(([severity, pattern, what]) => {
    const found = pattern.exec(shown);
    if (!found) return [];
    const excerpt = shown.slice(found.index, found.index + found[0].length + EXCERPT_TAIL);
    return [{ severity, what, excerpt }];
  });
}

/** Invisible characters of a text; null: it has none. */
export function findHidden(text: string): SuspiciousPart | null {
  const hidden = listHidden(text);
  if (hidden.length === 0) return null;
  const isEscape = hidden.some((one) => one === "U+001B" || one === "U+009B");
  // Tag characters spell text; the others turn text around or are marks in it.
  const isWorst =
    isEscape ||
    hidden.some((one) => /^U\+E00[2-7][0-9A-F]$|^U\+202[A-E]$|^U\+206[6-9]$/.test(one)) ||
    hidden.length > 3;
  const shown = hidden.slice(0, 4).join(", ");
  return {
    severity: isWorst ? "critical" : "high",
    what: isEscape
      ? "controls the terminal by escape sequences"
      : `has invisible characters (${shown})`,
    excerpt: hidden.join(" "),
  };
}

/** A text in base64 within the text; null: there is none. */
export function findEncodedText(text: string): SuspiciousPart | null {
  for (const [, blob = ""] of shorten(text).matchAll(BLOB))
    if (isEncodedText(blob))
      return { severity: "high", what: "has a text in base64", excerpt: blob };
  return null;
}

/** The names of tools that a text mentions. A name that is an everyday word is not looked for. */
export function listNamedTools(text: string, names: Iterable<string>): string[] {
  const words = new Set(text.slice(0, MAX_TEXT).match(/[A-Za-z][\w-]{5,60}/g));
  if (words.size === 0) return [];
  return [...names].filter((name) => words.has(name) && /[_-]|[a-z][A-Z]/.test(name));
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT / 2) + text.slice(-MAX_TEXT / 2) : text;
}

function isEncodedText(blob: string): boolean {
  try {
    const decoded = atob(blob);
    const readable = decoded.replaceAll(/[^\x20-\x7e\n\t]/g, "");
    return readable.length > decoded.length * 0.95 && /[ \n]/.test(decoded);
  } catch {
    // No base64.
    return false;
  }
}
