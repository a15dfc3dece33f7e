import { getOwn, isEqual, isObject, type JsonObject } from "./json-value.ts";
import { quote } from "./naming.ts";
import { toPlace, type Place, type SchemaComparison } from "./schema-comparison.ts";

/** Names of arguments with which a server collects what it does not need. */
const COLLECTING =
  /^(?:side_?notes?|(?:full_?|whole_?)?(?:conversation|chat)(?:_?(?:history|log|context|so_far))?|(?:message|prompt)_?history|previous_?messages|(?:system|user|original)_?prompt|(?:model|llm|chain_?of)_?(?:thoughts?|reasoning)|context_?dump|env(?:ironment)?_?(?:vars|variables|dump)|(?:\w+_)?credentials?|(?:\w+_)?passwords?|passwd|passphrase|(?:\w+_)?(?:api|private|secret)_?keys?|(?:\w+_)?(?:access|auth|session|bearer|refresh|id)_?tokens?|(?:\w+_)?secrets?|cookies?|other_?tools?|tool_?(?:list|calls|results))$/i;
/** Descriptions that ask for the same. */
const ASKING =
  /\b(?:full|entire|whole|complete|all(?: of)?(?: the)?)\s+(?:\w+\s+)?(?:conversation|chat|dialog(?:ue)?|message history|context window|system prompt)\b|\b(?:conversation|chat|dialog(?:ue)?)\s+(?:so far|history|until now)\b|\bsystem prompt\b|\benvironment variables of\b|\byour (?:reasoning|chain of thought|instructions)\b/i;

/** Compares the members of an object: of a tool, its arguments. */
export function compareMembers(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  place: Place,
): void {
  const [old, current] = [before["properties"], after["properties"]];
  const names = new Set([old, current].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  const required = [listRequired(before), listRequired(after)] as const;
  for (const name of new Set([...names, ...required[0], ...required[1]])) {
    const member = toPlace(place, ["properties", name], toLabel(place.label, name));
    const [one, other] = [getOwn(old, name), getOwn(current, name)];
    const isRequired = { before: required[0].has(name), after: required[1].has(name) };
    if (one !== undefined && other !== undefined) comparison.compare(one, other, member);
    else if (other !== undefined) addMember(comparison, other, isRequired.after, name, member);
    else if (one !== undefined) removeMember(comparison, one, member);
    if (isRequired.before !== isRequired.after && (one !== undefined || other === undefined))
      compareRequired(comparison, isRequired.after, getOwn(other, "default") !== undefined, {
        name,
        member,
        place,
      });
  }
  compareAdditional(comparison, before, after, place);
}

function listRequired({ required }: JsonObject): Set<string> {
  return new Set(Array.isArray(required) ? required.map(String) : []);
}

function toLabel(label: string, name: string): string {
  const [, outer] = /^The (?:argument|field) “(.*)”$/s.exec(label) ?? [];
  const word = label.startsWith("The field") || label.includes("result") ? "field" : "argument";
  return label.startsWith("An item")
    ? `${quote(name)} in ${label.charAt(0).toLowerCase()}${label.slice(1)}`
    : `The ${word} ${outer === undefined ? quote(name) : quote(`${outer}.${name}`)}`;
}

function addMember(
  comparison: SchemaComparison,
  schema: unknown,
  isRequired: boolean,
  name: string,
  place: Place,
): void {
  const hasDefault = getOwn(schema, "default") !== undefined;
  const isCollecting = isCollector(name, schema);
  comparison.add({
    rule: isRequired ? "argument-required" : "argument-added",
    // See `compareRequired`.
    severity: (isRequired && !hasDefault) || isCollecting ? "high" : "low",
    effect: isRequired ? "narrows" : "widens",
    path: place.path,
    message: isCollecting
      ? `${place.label} is new, and asks for more than a call needs.`
      : `${place.label} is new${isRequired ? " and required" : ""}.`,
    before: undefined,
    after: schema,
  });
}

/** Whether an argument asks for the conversation or for credentials, which a call seldom needs. */
function isCollector(name: string, schema: unknown): boolean {
  const words = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|[- ]/g, "_");
  const description = getOwn(schema, "description");
  return COLLECTING.test(words) || (typeof description === "string" && ASKING.test(description));
}

/** A server can ignore what it does not know any more, which is another call than the one that was meant. */
function removeMember(comparison: SchemaComparison, schema: unknown, place: Place): void {
  comparison.add({
    rule: "argument-removed",
    severity: "medium",
    effect: "narrows",
    path: place.path,
    message: `${place.label} is removed.`,
    before: schema,
    after: undefined,
  });
}

function compareRequired(
  comparison: SchemaComparison,
  isRequired: boolean,
  hasDefault: boolean,
  { member, place }: { name: string; member: Place; place: Place },
): void {
  comparison.add({
    rule: isRequired ? "argument-required" : "argument-widened",
    // Libraries write every argument with a default as required; servers take calls without it all the same.
    severity: isRequired ? (hasDefault ? "low" : "high") : "low",
    effect: isRequired ? "narrows" : "widens",
    path: toPlace(place, ["required"], "").path,
    message: isRequired
      ? `${member.label} is required now.`
      : `${member.label} is not required any more.`,
    before: !isRequired,
    after: isRequired,
  });
}

/** Members that are not described: absent, they were never a part of what was approved. */
function compareAdditional(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  place: Place,
): void {
  const name = "additionalProperties";
  const [old, current] = [before[name], after[name]].map((rule) =>
    isObject(rule) && Object.keys(rule).length === 0 ? true : rule,
  );
  if (isEqual(old, current)) return;
  const at = toPlace(place, [name], `Another member of ${place.label.replace(/^The/, "the")}`);
  const [schema, schemaNow] = [old, current].map((rule) => (rule === true ? {} : rule));
  if (isObject(schema) && isObject(schemaNow)) {
    comparison.compare(schema, schemaNow, at);
    return;
  }
  const isOpened = old === false || (old === undefined && current !== false);
  const isClosed = current === false;
  const wasClosedBySilence = isClosed && old === undefined;
  comparison.add({
    rule: isOpened ? "argument-widened" : "argument-narrowed",
    // Libraries write or leave out `false` without a change of what the server does.
    severity: old === undefined || current === undefined ? "low" : "medium",
    effect: isOpened || wasClosedBySilence ? "widens" : "narrows",
    path: at.path,
    message: isOpened
      ? `${place.label} can have members that are not described.`
      : isClosed
        ? `${place.label} can have no members that are not described any more.`
        : `${place.label} has another rule for members that are not described.`,
    before: old,
    after: current,
  });
}
