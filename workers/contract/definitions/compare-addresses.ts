import { isDisguised, isHarmless, isOfOneOwner, listAddresses } from "./addresses.ts";
import type { Draft } from "./draft.ts";
import { quote } from "./naming.ts";
import type { TextAt } from "./text-at.ts";

/** Where an address is loaded or read, and not only mentioned: icons, addresses of resources, pages, references of schemas. */
const LOADED =
  /^\/(?:icons\/\d+\/src|uri|uriTemplate|_meta\/.*)$|\/\$(?:ref|dynamicRef|id|schema)$/;
/** Kinds of addresses that read files, run something or carry content. */
const ACTIVE = /^(?:file|javascript|vbscript|data|blob):$/;

/** Hosts and URIs that no text led to before. */
export function compareAddresses(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = new Set(before.flatMap(({ text }) => listAddresses(text).map(({ host }) => host)));
  const found = new Map<string, Draft>();
  for (const { text, path } of after)
    for (const { host, text: address } of listAddresses(text)) {
      if (known.has(host)) continue;
      const isLoaded = LOADED.test(path);
      const isScheme = host.endsWith(":");
      const isMild = isScheme ? !ACTIVE.test(host) : !isLoaded && isHarmless(host);
      const isOwn = !isDisguised(host) && [...known].some((other) => isOfOneOwner(host, other));
      const severity = isMild ? "low" : isOwn ? "medium" : "high";
      // A host that is mentioned first and loaded later is reported where it is loaded.
      const earlier = found.get(host);
      if (earlier && (earlier.severity !== "low" || severity === "low")) continue;
      found.set(host, {
        rule: "new-host",
        severity,
        path,
        message: isScheme
          ? `The definition mentions addresses of a new kind: ${quote(host)}.`
          : host.startsWith("{")
            ? "The definition leads to any host that a call names."
            : `The definition leads to a new host: ${quote(host)}.`,
        before: undefined,
        after: address,
      });
    }
  return [...found.values()];
}
