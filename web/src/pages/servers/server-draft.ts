import { ServerInput } from "../../../../workers/contract/rpc/commands.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { suggestSlug } from "../../../../workers/contract/text/suggest-slug.ts";
import { findProblem } from "../../ui/find-problem.ts";
import {
  fillHeaders,
  fillUrl,
  findUrlErrors,
  listUrlFields,
  toInitialValues,
  type EntryTemplate,
} from "./entry-template.ts";
import { toExpiries, toHeaders, type HeaderRow } from "./header-rows.tsx";
import type { Identity } from "./identity-fields.tsx";

/** A new server, as it is being entered. */
export interface ServerDraft extends Identity {
  url: string;
  headers: HeaderRow[];
  credentials: HeaderRow[];
  /** Of the entry's fields, by id. */
  values: Record<string, string>;
}

/** Where a new server is from. `request`: the id of the request that it fulfils. */
export interface DraftSource {
  template: EntryTemplate;
  request: string | undefined;
}

const EMPTY: ServerDraft = {
  url: "",
  slug: "",
  name: "",
  prefix: "",
  headers: [],
  credentials: [],
  values: {},
};

/** The draft that the form begins with. */
export function toFirstDraft(source: DraftSource | undefined): ServerDraft {
  if (!source) return EMPTY;
  const { url, slug, displayName } = source.template;
  return { ...EMPTY, url, slug, name: displayName, values: toInitialValues(source.template) };
}

/** `https://mcp.github.example/sse` suggests `github`; an address without a host name suggests what the name does. */
function suggestServerSlug({ url, name }: ServerDraft): string {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: "" };
  const hasHostName = !/^[\d.]*$|^\[/.test(hostname);
  const labels = hostname.split(".").filter((label) => !["www", "mcp", "api"].includes(label));
  if (hasHostName && labels[0] !== undefined) return suggestSlug(labels[0], "server");
  return name.trim() === "" ? "" : suggestSlug(name, "server");
}

/** The body that adds the server. */
export function toServerInput(draft: ServerDraft, slug: string, source: DraftSource | undefined) {
  const name = draft.name.trim();
  const prefix = draft.prefix.trim();
  const declared = fillHeaders(source?.template.headers ?? [], draft.values);
  const credentials = { ...declared.credentials, ...toHeaders(draft.credentials) };
  const credentialsExpireAt = toExpiries(draft.credentials);
  return {
    slug,
    url: fillUrl(draft.url.trim(), source?.template.urlFields ?? [], draft.values),
    headers: { ...declared.headers, ...toHeaders(draft.headers) },
    ...(Object.keys(credentials).length > 0 ? { credentials } : {}),
    ...(Object.keys(credentialsExpireAt).length > 0 ? { credentialsExpireAt } : {}),
    ...(name === "" ? {} : { name }),
    ...(prefix === "" ? {} : { prefix }),
    ...(source ? { origin: source.template.name } : {}),
    ...(source?.request === undefined ? {} : { request: source.request }),
  };
}

/** A draft with what is wrong with it. */
export function checkDraft(draft: ServerDraft, source: DraftSource | undefined) {
  const slug = draft.slug === "" ? suggestServerSlug(draft) : draft.slug;
  const input = toServerInput(draft, slug, source);
  const parsed = ServerInput.safeParse(input);
  const urlFields = listUrlFields(draft.url, source?.template.urlFields ?? []);
  const missing = urlFields.find(({ id }) => !draft.values[id]);
  const urlErrors = findUrlErrors(draft.url.trim(), urlFields, draft.values);
  const isOpen = missing !== undefined || Object.keys(urlErrors).length > 0;
  const problem = (field: string) =>
    // A place for a variable can be one that no URL has, such as that of a port.
    field === "url" && isOpen ? undefined : findProblem(parsed, field);
  const isComplete = parsed.success && !isOpen;
  const headerProblem =
    findHeaderProblem(parsed, "credentials") ?? findHeaderProblem(parsed, "headers");
  return { slug, input, urlFields, urlErrors, headerProblem, missing, isOpen, problem, isComplete };
}

/** The first problem of a header as a sentence with its name. */
function findHeaderProblem(
  parsed: ReturnType<typeof ServerInput.safeParse>,
  field: "credentials" | "headers",
): string | undefined {
  const issue = parsed.error?.issues.find(({ path }) => path[0] === field);
  const problem = findProblem(parsed, field);
  return issue && problem && `The header ${escapeLine(String(issue.path[1] ?? ""))}: ${problem}`;
}
