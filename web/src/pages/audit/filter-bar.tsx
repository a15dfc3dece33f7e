import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { membersQuery, serversQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { SINCE } from "./filters.ts";
import { STATUS_WORDS } from "./status.tsx";

const route = getRouteApi("/signed-in/w/$slug/audit");
const ANY = "";
/** Between the last keystroke and the search. */
const TYPING_MS = 300;

interface Props {
  slug: string;
  isCalls: boolean;
  mayReadAll: boolean;
}

/** The filters, all of which stand in the address. */
export function FilterBar({ slug, isCalls, mayReadAll }: Props) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const [clears, setClears] = useState(0);
  const { member, server, tool, status, since, from, to } = search;
  const isFiltered = [member, server, tool, status, since, from, to].some(
    (value) => value !== undefined,
  );
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      {isCalls && (
        <>
          <ToolInput
            key={clears}
            value={tool ?? ""}
            onChange={(next) => set({ tool: next || undefined })}
          />
          {mayReadAll && (
            <PersonSelect slug={slug} value={member} onChange={(next) => set({ member: next })} />
          )}
          <ServerSelect slug={slug} value={server} onChange={(next) => set({ server: next })} />
          <Select
            label="Outcome"
            className="w-36!"
            value={status ?? ANY}
            choices={[
              { value: ANY, label: "Any outcome" },
              ...CallStatus.options.map((value) => ({ value, label: STATUS_WORDS[value] })),
            ]}
            onChange={(next) => set({ status: next === ANY ? undefined : next })}
          />
        </>
      )}
      <Select
        label="Time"
        className="w-36!"
        value={since ?? ANY}
        choices={[{ value: ANY, label: "Any time" }, ...SINCE]}
        onChange={(next) =>
          set({ since: next === ANY ? undefined : next, from: undefined, to: undefined })
        }
      />
      {isFiltered && (
        <Button
          variant="ghost"
          onClick={() => {
            setClears(clears + 1);
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

function PersonSelect({ slug, value, onChange }: ChoiceProps) {
  const { data } = useQuery(membersQuery(slug));
  const people = (data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      label="Person"
      className="w-36!"
      value={value ?? ANY}
      choices={[{ value: ANY, label: "Anybody" }, ...people]}
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
    const timer = setTimeout(() => onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <SearchInput
      className="min-w-44 flex-1"
      label="Tool, exact name"
      value={text}
      onChange={(next = "") => setText(next)}
    />
  );
}
