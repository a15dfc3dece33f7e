import { Popover } from "@base-ui/react/popover";
import { useQuery } from "@tanstack/react-query";
import { ListFilter } from "lucide-react";
import type { CallFilterValues } from "../../../../workers/contract/api/call-figures.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Select, type Choice } from "../../ui/select.tsx";
import { Loaded } from "../../ui/states.tsx";
import { filterValuesQuery } from "./audit-api.ts";
import type { CallFilters } from "./filters.ts";
import { useAuditSearch } from "./use-audit-search.ts";
import { describeErrorCode, describeRule, markLeft } from "./words.ts";

const ANY = "";

/** What `MoreFilters` shows. */
export interface MoreFiltersProps {
  slug: string;
  isMine: boolean;
  filters: CallFilters;
}

/** A panel with one choice for each other field of a call. It offers the values that occur in the time range. */
export function MoreFilters({ slug, isMine, filters }: MoreFiltersProps) {
  return (
    <Popover.Root>
      <Popover.Trigger
        render={
          <Button>
            <ListFilter className="size-3.5" aria-hidden />
            Filters
          </Button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-50">
          <Popover.Popup
            className="popup max-h-[min(36rem,var(--available-height))] w-80 max-w-[calc(100vw-1rem)] overflow-y-auto p-4"
            aria-label="Filters"
          >
            <Choices slug={slug} isMine={isMine} filters={filters} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Choices({ slug, isMine, filters }: MoreFiltersProps) {
  const { since, from, to } = filters;
  const values = useQuery(filterValuesQuery(slug, isMine, { since, from, to }));
  const { set } = useAuditSearch();
  return (
    <Loaded query={values} lines={6}>
      {(data) => (
        <div className="flex flex-col gap-3">
          {toFields(data, isMine, filters.client).map(({ filter, label, choices }) => (
            <Field key={filter} label={label}>
              <Select
                value={filters[filter] ?? ANY}
                choices={withCurrent(choices, filters[filter], label)}
                onChange={(next) =>
                  set({
                    [filter]: next === ANY ? undefined : next,
                    ...(filter === "client" ? { clientVersion: undefined } : {}),
                  })
                }
              />
            </Field>
          ))}
        </div>
      )}
    </Loaded>
  );
}

type Filter = Exclude<keyof CallFilters, "since" | "from" | "to" | "status" | "tool">;

interface FilterField {
  filter: Filter;
  label: string;
  choices: Choice<string>[];
}

function toFields(
  values: CallFilterValues,
  isMine: boolean,
  client: string | undefined,
): FilterField[] {
  const { members, tokens, servers, clients, errors, rules, methods } = values;
  const versions = clients.find(({ name }) => name === client)?.versions ?? [];
  const plain = (list: string[], describe: (value: string) => string = escapeLine) =>
    list.map((value) => ({ value, label: describe(value) }));
  const fields: FilterField[] = [
    {
      filter: "member",
      label: "Member",
      choices: members.map(({ id, name, hasLeft }) => ({
        value: id,
        label: markLeft(name, hasLeft),
      })),
    },
    {
      filter: "token",
      label: "Token",
      choices: tokens.map(({ id, label, isRevoked }) => ({
        value: id,
        label: isRevoked ? `${label} (revoked)` : label,
      })),
    },
    {
      filter: "server",
      label: "Server",
      choices: servers.map(({ slug, name }) => ({ value: slug, label: name })),
    },
    { filter: "client", label: "Client", choices: plain(clients.map(({ name }) => name)) },
    { filter: "clientVersion", label: "Client version", choices: plain(versions) },
    { filter: "error", label: "Error", choices: plain(errors, describeErrorCode) },
    { filter: "rule", label: "Rule", choices: plain(rules, describeRule) },
    { filter: "method", label: "Method", choices: plain(methods) },
  ];
  return fields.filter(
    ({ filter }) =>
      !(isMine && filter === "member") && !(filter === "clientVersion" && client === undefined),
  );
}

/** A value of the URL that does not occur in the time range stays a choice. */
function withCurrent(
  choices: Choice<string>[],
  current: string | undefined,
  label: string,
): Choice<string>[] {
  const isMissing = current !== undefined && !choices.some(({ value }) => value === current);
  return [
    { value: ANY, label: `Any ${label.toLowerCase()}` },
    ...choices,
    ...(isMissing ? [{ value: current, label: escapeLine(current) }] : []),
  ];
}
