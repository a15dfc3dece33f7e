import { Checkbox } from "../../ui/checkbox.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";
import type { Choice } from "./use-choice.ts";

/** What the client will be able to call: servers that can be left out. */
export function ServerChoice({ choice, isBusy }: { choice: Choice; isBusy: boolean }) {
  return (
    <Loaded query={choice.query} lines={3}>
      {() =>
        choice.servers.length === 0 ? (
          <Notice tone="info">
            You may not use any tool in this workspace yet. The client gets the tools when an owner
            or admin allows them to you.
          </Notice>
        ) : (
          <Servers choice={choice} isBusy={isBusy} />
        )
      }
    </Loaded>
  );
}

function Servers({ choice, isBusy }: { choice: Choice; isBusy: boolean }) {
  const { servers, chosen, choose, tools } = choice;
  const count = chosen.reduce((sum, server) => sum + server.tools, 0);
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1.5 font-medium">
        It can call {pluralize(count, "tool")} of {pluralize(chosen.length, "server")} as you
      </legend>
      <ul className="max-h-64 divide-y divide-line overflow-y-auto rounded-md border border-line">
        {servers.map((server) => (
          <li key={server.slug}>
            <label className="flex cursor-pointer items-center gap-2.5 px-3 py-2 hover:bg-soft">
              <Checkbox
                label={server.name}
                isChecked={chosen.includes(server)}
                isDisabled={isBusy}
                onChange={(isChosen) => choose(server.slug, isChosen)}
              />
              <span className="min-w-0 flex-1 truncate">
                <DisplayName name={server.name} />
              </span>
              <span className="text-xs text-dim">
                {server.tools === 0 ? "Tools not known yet" : pluralize(server.tools, "tool")}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <p className="text-xs text-dim" aria-live="polite">
        {chosen.length === 0
          ? "Choose at least one server, or deny."
          : tools === null
            ? "This includes servers and tools that you get later."
            : "Only the chosen servers, with tools that they get later."}{" "}
        You can change or end this under Tokens at any time.
      </p>
    </fieldset>
  );
}
