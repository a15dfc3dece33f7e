import { getRouteApi } from "@tanstack/react-router";
import type { Server } from "../../../../workers/contract/api/resources.ts";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";

const route = getRouteApi("/signed-in/w/$slug/access");
const VIEWS = [
  { value: "people", label: "Rules by person" },
  { value: "grid", label: "Grid" },
  { value: "tool", label: "Who may call a tool" },
  { value: "suggestions", label: "Least privilege" },
] as const;
const HOLDERS = [
  { value: "people", label: "People" },
  { value: "teams", label: "Teams" },
] as const;
/** Value of the choice that is not of one server. */
const ALL_SERVERS = "*";

interface Props {
  view: (typeof VIEWS)[number]["value"];
  servers: Server[];
}

/** Chooses the view of the rules, and what it shows. All of it is in the address. */
export function ViewBar({ view, servers }: Props) {
  const { q = "", t = "", server, of } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="flex flex-wrap gap-2">
      <Select
        label="View"
        className="w-48!"
        value={view}
        choices={VIEWS}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, view: next }), replace: true })
        }
      />
      <Select
        label="Whose rules"
        className="w-36!"
        value={of ?? "people"}
        choices={HOLDERS}
        onChange={(next) =>
          void navigate({
            search: (old) => ({ ...old, of: next === "teams" ? next : undefined }),
            replace: true,
          })
        }
      />
      <SearchInput
        className="min-w-44 flex-1"
        label="Search members and rules"
        value={q}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
        }
      />
      {view === "grid" && (
        <>
          <SearchInput
            className="min-w-44 flex-1"
            label="Search tools"
            value={t}
            onChange={(next) =>
              void navigate({ search: (old) => ({ ...old, t: next }), replace: true })
            }
          />
          <Select
            label="Servers"
            className="w-44!"
            value={server ?? ALL_SERVERS}
            choices={[
              { value: ALL_SERVERS, label: "All servers" },
              ...servers.map(({ slug, name }) => ({ value: slug, label: name })),
            ]}
            onChange={(next) =>
              void navigate({
                search: (old) => ({
                  ...old,
                  view: "grid",
                  server: next === ALL_SERVERS ? undefined : next,
                }),
                replace: true,
              })
            }
          />
        </>
      )}
    </div>
  );
}
