import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { useCan } from "../../api/me.ts";
import { lazyComponent } from "../../load-code.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { RefusedTokens } from "./refused-tokens.tsx";
import { TokenList } from "./token-list.tsx";

const CreateApiKeyDialog = lazyComponent(
  () => import("./create-api-key-dialog.tsx"),
  "CreateApiKeyDialog",
);
const CreateTokenDialog = lazyComponent(
  () => import("./create-token-dialog.tsx"),
  "CreateTokenDialog",
);

const route = getRouteApi("/signed-in/w/$slug/tokens");

const TABS = [
  { value: "mine", label: "My tokens" },
  { value: "all", label: "All tokens" },
  { value: "api-keys", label: "API keys" },
] as const;
const STATES = [
  { value: "active", label: "Active" },
  { value: "inactive", label: "Revoked or expired" },
] as const;

/** Tokens of MCP clients, and API keys of the management API. */
export function TokensPage() {
  const slug = useWorkspaceSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { tabs, view, canCreate, canManageKeys } = useViews(slug, search.view);
  const [isCreating, setIsCreating] = useState(false);
  const close = () => setIsCreating(false);
  return (
    <Page>
      <PageHeader
        title="Tokens"
        actions={
          canCreate && (
            <Button variant="primary" onClick={() => setIsCreating(true)}>
              <Plus className="size-4" aria-hidden />
              {view === "api-keys" ? "Create API key" : "Create token"}
            </Button>
          )
        }
      >
        {view === "api-keys"
          ? "API keys let scripts manage this workspace through the management API."
          : "A token connects an MCP client to this workspace with the access of its owner. Clients from which people have signed in are in the list, too."}
      </PageHeader>
      <Tabs
        label="Tokens and API keys"
        value={view}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, view: next }), replace: true })
        }
        tabs={tabs}
      >
        <div className="mb-3 flex flex-wrap gap-2">
          <SearchInput
            className="min-w-52 flex-1"
            label={view === "all" ? "Search by label or owner" : "Search by label"}
            value={search.q ?? ""}
            onChange={(next) =>
              void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
            }
          />
          <Select
            label="State"
            className="w-44!"
            value={search.state}
            choices={STATES}
            onChange={(state) =>
              void navigate({ search: (old) => ({ ...old, state }), replace: true })
            }
          />
        </div>
        {view === "all" && <RefusedTokens slug={slug} />}
        {view === "api-keys" ? (
          <ApiKeys slug={slug} state={search.state} q={search.q ?? ""} canManage={canManageKeys} />
        ) : (
          <TokenList
            key={view}
            slug={slug}
            isMine={view === "mine"}
            state={search.state}
            q={search.q ?? ""}
            sort={search.sort}
            onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
          />
        )}
      </Tabs>
      <CreateDialog slug={slug} view={view} isOpen={isCreating} onClose={close} />
    </Page>
  );
}

/** The code of the dialogs is loaded when one first opens. */
function CreateDialog(props: { slug: string; view: string; isOpen: boolean; onClose: () => void }) {
  const { slug, view, isOpen, onClose } = props;
  const [wasOpened, setWasOpened] = useState(false);
  if (isOpen && !wasOpened) setWasOpened(true);
  if (!wasOpened) return null;
  return (
    <Suspense>
      <CreateTokenDialog
        slug={slug}
        isMine={view === "mine"}
        isOpen={isOpen && view !== "api-keys"}
        onClose={onClose}
      />
      <CreateApiKeyDialog slug={slug} isOpen={isOpen && view === "api-keys"} onClose={onClose} />
    </Suspense>
  );
}

/** The views that the signed-in user may open, and the one to show. */
function useViews(slug: string, wanted: string | undefined) {
  const canManageKeys = useCan(slug, "key.manage");
  const canUse = useCan(slug, "me.use");
  const isAllowed = {
    mine: canUse,
    all: useCan(slug, "token.read"),
    "api-keys": useCan(slug, "key.read"),
  };
  const mayCreate = {
    mine: canUse,
    all: useCan(slug, "token.manage"),
    "api-keys": canManageKeys,
  };
  const tabs = TABS.filter(({ value }) => isAllowed[value]);
  const view = (tabs.find(({ value }) => value === wanted) ?? tabs[0])?.value ?? "mine";
  return { tabs, view, canCreate: mayCreate[view], canManageKeys };
}
