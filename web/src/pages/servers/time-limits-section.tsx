import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import {
  DEFAULT_BUDGETS,
  MAX_SERVER_TIME_LIMIT_SECONDS,
} from "../../../../workers/contract/limits.ts";
import { ServerPatch } from "../../../../workers/contract/rpc/commands.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";

const RANGE = `Enter a whole number from 1 to ${MAX_SERVER_TIME_LIMIT_SECONDS}, or leave it empty.`;

/** Section with the server's own time limits, for tools that work longer or must respond sooner than usual. */
export function TimeLimitsSection({ slug, server }: { slug: string; server: Server }) {
  const [call, setCall] = useState(toText(server.longestCallSeconds));
  const [silence, setSilence] = useState(toText(server.longestSilenceSeconds));
  const patch = { longestCallSeconds: toLimit(call), longestSilenceSeconds: toLimit(silence) };
  const isChanged =
    patch.longestCallSeconds !== server.longestCallSeconds ||
    patch.longestSilenceSeconds !== server.longestSilenceSeconds;
  const save = useApiMutation({
    run: () => request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, patch),
    invalidate: [workspaceKey(slug)],
    onDone: () => showToast("Time limits saved"),
  });
  return (
    <Section title="Time limits" hint="A call that exceeds a limit fails.">
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <SecondsField
            label="Longest call"
            hint="Seconds until the response. Each progress report of the tool starts the time again."
            defaultMs={DEFAULT_BUDGETS.totalMs}
            value={call}
            onChange={setCall}
          />
          <SecondsField
            label="Longest silence"
            hint="Seconds of a call in which the server sends nothing at all. A tool that works silently needs a higher limit here, too."
            defaultMs={DEFAULT_BUDGETS.idleMs}
            value={silence}
            onChange={setSilence}
          />
        </div>
        <div className="flex justify-end">
          <Button
            type="submit"
            isBusy={save.isPending}
            disabled={!isChanged || !ServerPatch.safeParse(patch).success}
          >
            Save time limits
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface SecondsFieldProps {
  label: string;
  hint: string;
  /** The general limit, which an empty field represents. */
  defaultMs: number;
  value: string;
  onChange: (value: string) => void;
}

function SecondsField({ label, hint, defaultMs, value, onChange }: SecondsFieldProps) {
  const limit = toLimit(value);
  const isValid = ServerPatch.safeParse({ longestCallSeconds: limit }).success;
  return (
    <Field label={label} hint={hint} error={isValid ? undefined : RANGE}>
      <TextInput
        value={value}
        inputMode="numeric"
        placeholder={`${defaultMs / 1000} (default)`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}

function toText(limit: number | null): string {
  return limit === null ? "" : String(limit);
}

/** An empty text is null: the general limit. A text that is no number is NaN, which no limit is. */
function toLimit(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
