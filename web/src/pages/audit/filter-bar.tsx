import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { membersQuery, serversQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { TIME_RANGES } from "./filters.ts";
import { STATUS_LABELS } from "./status.tsx";

const route = getRouteApi("/signed-in/w/$slug/audit");
const ANY = "";
/** Debounce of the tool filter. */
const DEBOUNCE_MS = 300;

interface Props {
  slug: string;
  isCalls: boolean;
  canReadAll: boolean;
}

/** The filters of the audit log; all are search parameters of the URL. */
export function FilterBar({ slug, isCalls, canReadAll }: Props) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  /** Counts clears, to reset the tool input's own state. */
  const [clearCount, setClearCount] = useState(0);
  const { member, server, tool, status, since, from, to } = search;
  const isFiltered = [member, server, tool, status, since, from, to].some(
    (value) => value !== undefined,
  );
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      {isCalls && (
        <>
          <ToolInput
            key={clearCount}
            value={tool ?? ""}
            onChange={(next) => set({ tool: next || undefined })}
          />
          {canReadAll && (
            <MemberSelect slug={slug} value={member} onChange={(next) => set({ member: next })} />
          )}
          <ServerSelect slug={slug} value={server} onChange={(next) => set({ server: next })} />
          <Select
            label="Outcome"
            className="w-36!"
            value={status ?? ANY}
            choices={[
              { value: ANY, label: "Any outcome" },
              ...CallStatus.options.map((value) => ({ value, label: STATUS_LABELS[value] })),
            ]}
            onChange={(next) => set({ status: next === ANY ? undefined : next })}
          />
        </>
      )}
      <Select
        label="Time range"
        className="w-36!"
        value={since ?? ANY}
        choices={[{ value: ANY, label: "Any time" }, ...TIME_RANGES]}
        onChange={(next) =>
          set({ since: next === ANY ? undefined : next, from: undefined, to: undefined })
        }
      />
      {isFiltered && (
        <Button
          variant="ghost"
          onClick={() => {
            setClearCount(clearCount + 1);
            set({
              member: undefined,
              server: undefined,
              tool: undefined,
              status: undefined,
              since: undefined,
              from: undefined,
              to: undefined,
            });
          }}
        >
          <X className="size-3.5" aria-hidden />
          Clear filters
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  slug: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function MemberSelect({ slug, value, onChange }: ChoiceProps) {
  const { data } = useQuery(membersQuery(slug));
  const members = (data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      label="Member"
      className="w-36!"
      value={value ?? ANY}
      choices={[{ value: ANY, label: "Any member" }, ...members]}
      onChange={(next) => onChange(next || undefined)}
    />
  );
}

function ServerSelect({ slug, value, onChange }: ChoiceProps) {
  const { data } = useQuery(serversQuery(slug));
  const servers = (data ?? []).map((server) => ({ value: server.slug, label: server.name }));
  return (
    <Select
      label="Server"
      className="w-36!"
      value={value ?? ANY}
      choices={[{ value: ANY, label: "Any server" }, ...servers]}
      onChange={(next) => onChange(next || undefined)}
    />
  );
}

function ToolInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <SearchInput
      className="min-w-44 flex-1"
      label="Exact tool name"
      value={text}
      onChange={(next = "") => setText(next)}
    />
  );
}
