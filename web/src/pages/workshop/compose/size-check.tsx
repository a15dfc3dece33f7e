import {
  checkComposition,
  listSizeWarnings,
  type CompositionCheck,
} from "../../../../../workers/contract/composition/check-composition.ts";
import { toServerKey } from "../../../../../workers/contract/marketplace/install/server-key.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { formatExactCount, pluralize } from "../../../ui/format-numbers.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import type { PickedServer } from "./use-picked.ts";

/** Colliding names that are listed. */
const MAX_SHOWN = 10;

interface Props {
  servers: PickedServer[];
  keyOf: (name: string) => string | undefined;
}

/** What the servers are together: colliding names, number of tools, size of their definitions. */
export function SizeCheck({ servers, keyOf }: Props) {
  const check = checkComposition(
    servers.flatMap(({ name, tools }) => {
      const key = keyOf(name);
      return key === undefined ? [] : [{ key, wantedKey: toServerKey(name), tools }];
    }),
  );
  const warnings = [...listCollisions(check), ...listSizeWarnings(check)];
  const known = servers.length > check.unknown.length;
  return (
    <Section title="Together">
      <dl className="grid gap-px bg-line sm:grid-cols-3">
        <Figure label="Tools">{known ? formatExactCount(check.tools) : "unknown"}</Figure>
        <Figure label="Context, estimated">
          {known ? `${formatExactCount(check.tokens)} tokens` : "unknown"}
        </Figure>
        <Figure label="Tools not known of">
          {check.unknown.length === 0
            ? "no server"
            : `${pluralize(check.unknown.length, "server")}: ${check.unknown.join(", ")}`}
        </Figure>
      </dl>
      {warnings.length > 0 && (
        <div className="border-t border-line p-4">
          <Notice tone="warn">
            <ul className="flex flex-col gap-1">
              {warnings.map((warning) => (
                <li key={warning}>{escapeLine(warning)}</li>
              ))}
            </ul>
          </Notice>
        </div>
      )}
    </Section>
  );
}

function Figure({ label, children }: { label: string; children: string }) {
  return (
    <div className="bg-panel px-4 py-3">
      <dt className="text-xs text-dim">{label}</dt>
      <dd className="mt-0.5 font-medium wrap-anywhere">{children}</dd>
    </div>
  );
}

function listCollisions({ renamed, sharedTools }: CompositionCheck): string[] {
  const tools = sharedTools
    .slice(0, MAX_SHOWN)
    .map(({ name, keys }) => `${name} (${keys.join(", ")})`);
  const more = sharedTools.length - tools.length;
  return [
    ...renamed.map(
      ({ key, wanted }) =>
        `Another server is called ${wanted} in clients too, so this one is ${key}.`,
    ),
    ...(tools.length > 0
      ? [
          `Tools with one name at several servers: ${tools.join("; ")}${more > 0 ? `; and ${more} more` : ""}. Some clients show only one of them. A workspace separates them by prefixes.`,
        ]
      : []),
  ];
}
