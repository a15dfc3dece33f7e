import { listMixedScripts, listNonAscii } from "../../../workers/contract/text/confusable-names.ts";
import { escapeLine } from "../../../workers/contract/text/hidden-characters.ts";
import { Badge } from "./page.tsx";

/** Most code points that a badge names. */
const MAX_NAMED = 4;

/** A name that a server chose: hidden characters are escaped, and characters beyond ASCII are marked. */
export function ForeignName({ name }: { name: string }) {
  const codePoints = listNonAscii(name);
  const rest = codePoints.length - MAX_NAMED;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return (
    <>
      {escapeLine(name)}
      {codePoints.length > 0 && (
        <>
          {" "}
          <Badge tone="warn">
            Not ASCII: {codePoints.slice(0, MAX_NAMED).join(", ")}
            {more}
          </Badge>
        </>
      )}
      <MixedScripts name={name} />
    </>
  );
}

/** A warning for a name with letters of several scripts that look alike; nothing for any other name. */
export function MixedScripts({ name }: { name: string }) {
  const scripts = listMixedScripts(name);
  if (scripts.length === 0) return null;
  return (
    <>
      {" "}
      <Badge tone="warn">Mixes {scripts.join(" and ")} letters</Badge>
    </>
  );
}
