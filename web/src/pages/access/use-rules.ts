import { z } from "zod";
import { Member, Rules } from "../../../../workers/contract/api/resources.ts";
import type { RulesEdit } from "../../../../workers/contract/rpc/commands.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { plural } from "../../ui/numbers.ts";
import type { Person } from "./rules.ts";

const Members = z.object({ items: z.array(Member) });

/** Changes to people's rules. Each can be taken back for a while. */
export function useRules(slug: string) {
  const refresh = [keyOf(slug, "members")];
  const restore = useChange({
    run: async (before: Person[]) => {
      for (const { id, rules } of before)
        await request(Rules, "PUT", `/workspaces/${slug}/members/${id}/rules`, { rules });
    },
    refresh,
    onDone: () => announce("Rules are as they were"),
  });
  const undo = (before: Person[]) => () => restore.mutate(before);
  const set = useChange({
    run: ({ person, rules }: { person: Person; rules: string[] }) =>
      request(Rules, "PUT", `/workspaces/${slug}/members/${person.id}/rules`, { rules }),
    refresh,
    onDone: (_, { person }) => announce(`Rules of ${person.name} saved`, undo([person])),
  });
  const edit = useChange({
    run: ({ people, ...change }: { people: Person[] } & Omit<RulesEdit, "memberIds">) =>
      request(Members, "PATCH", `/workspaces/${slug}/rules`, {
        ...change,
        memberIds: people.map(({ id }) => id),
      }),
    refresh,
    onDone: (_, { people }) =>
      announce(`Rules of ${plural(people.length, "person", "people")} saved`, undo(people)),
  });
  const copy = useChange({
    run: async ({ people, from }: { people: Person[]; from: string }) => {
      for (const { id } of people)
        await request(Rules, "POST", `/workspaces/${slug}/members/${id}/rules/copy`, { from });
    },
    refresh,
    onDone: (_, { people }) =>
      announce(`Rules copied to ${plural(people.length, "person", "people")}`, undo(people)),
  });
  return { set, edit, copy };
}
