import { useQuery } from "@tanstack/react-query";
import { useCan } from "../../api/me.ts";
import type { Pill } from "../../ui/pills.tsx";
import { Select } from "../../ui/select.tsx";
import { peopleQuery } from "./audit-api.ts";
import { describeRange } from "./describe-range.ts";
import type { EventFilters } from "./filters.ts";
import { RangePicker, SavedViews } from "./lazy-controls.tsx";
import { useAuditSearch } from "./use-audit-search.ts";
import { CHANGE_KINDS, describeAction, markLeft } from "./words.ts";

const ANY = "";

interface Props {
  slug: string;
  filters: EventFilters;
  retentionDays: number | undefined;
}

/** The filters of the changes; all are search parameters of the URL. */
export function EventFilterBar({ slug, filters, retentionDays }: Props) {
  const { set } = useAuditSearch();
  const { data: people = [] } = useQuery(peopleQuery(slug));
  const seesSignIns = useCan(slug, "sign-ins.read");
  const { action, person, since, from, to } = filters;
  const kinds = CHANGE_KINDS.filter(({ value }) => seesSignIns || value !== "person.*");
  const isOther = action !== undefined && !kinds.some(({ value }) => value === action);
  return (
    <div className="flex flex-wrap gap-2">
      <Select
        label="Kind of change"
        className="w-52!"
        value={action ?? ANY}
        choices={[
          { value: ANY, label: "All changes" },
          ...kinds,
          ...(isOther ? [{ value: action, label: describeAction(action) }] : []),
        ]}
        onChange={(next) => set({ action: next || undefined })}
      />
      <Select
        label="Person"
        className="w-44!"
        value={toMemberId(people, person) ?? ANY}
        choices={[
          { value: ANY, label: "Any person" },
          ...people.map(({ id, name, hasLeft }) => ({ value: id, label: markLeft(name, hasLeft) })),
        ]}
        onChange={(next) => set({ person: next || undefined })}
      />
      <RangePicker range={{ since, from, to }} retentionDays={retentionDays} onChange={set} />
      <SavedViews slug={slug} />
    </div>
  );
}

/** A person can be named by the id of the user, too. */
function toMemberId(people: Person[], person: string | undefined): string | undefined {
  return people.find(({ id, userId }) => id === person || userId === person)?.id ?? person;
}

type Person = { id: string; userId: string | null; name: string; hasLeft: boolean };

/** The active filters of changes as pills. */
export function useEventPills(slug: string, filters: EventFilters): Pill[] {
  const { set } = useAuditSearch();
  const { data: people = [] } = useQuery(peopleQuery(slug));
  const { action, person, object } = filters;
  const found = people.find(({ id, userId }) => id === person || userId === person);
  const pill = (filter: keyof EventFilters, name: string, value: string | undefined): Pill[] =>
    value === undefined ? [] : [{ name, value, onRemove: () => set({ [filter]: undefined }) }];
  const range = describeRange(filters);
  return [
    ...pill("action", "Kind", action && describeAction(action)),
    ...pill("person", "Person", found ? markLeft(found.name, found.hasLeft) : person),
    ...pill("object", "Object", object),
    ...(range === null
      ? []
      : [
          {
            name: "Time",
            value: range,
            onRemove: () => set({ since: undefined, from: undefined, to: undefined }),
          },
        ]),
  ];
}
