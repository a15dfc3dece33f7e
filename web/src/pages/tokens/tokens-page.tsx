import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../api/me.ts";
import { useSlug } from "../../shell/use-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { CreateApiKeyDialog } from "./create-api-key-dialog.tsx";
import { CreateTokenDialog } from "./create-token-dialog.tsx";
import { TokenList } from "./token-list.tsx";

const route = getRouteApi("/signed-in/w/$slug/tokens");

const TABS = [
  { value: "me", label: "Yours" },
  { value: "all", label: "Everyone’s" },
  { value: "keys", label: "API keys" },
] as const;
const STATES = [
  { value: "live", label: "Working" },
  { value: "dead", label: "Revoked or expired" },
] as const;

/** Tokens for MCP clients, and keys for automation. */
export function TokensPage() {
  const slug = useSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useMay(slug, "token.manage");
  const mayManageKeys = useMay(slug, "key.manage");
  const tabs = TABS.filter(
    ({ value }) => value === "me" || (value === "all" ? mayManage : mayManageKeys),
  );
  const of = tabs.find(({ value }) => value === search.of)?.value ?? "me";
  const [isCreating, setIsCreating] = useState(false);
  const close = () => setIsCreating(false);
  return (
    <Page>
      <PageHeader
        title="Tokens"
        actions={
          <Button variant="primary" onClick={() => setIsCreating(true)}>
            <Plus className="size-4" aria-hidden />
            {of === "keys" ? "Create API key" : "Create token"}
          </Button>
        }
      >
        {of === "keys"
          ? "For scripts that manage this workspace over the API."
          : "A token connects MCP clients to this workspace, with its person’s access."}
      </PageHeader>
      <Tabs
        label="Whose"
        value={of}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, of: next }), replace: true })
        }
        tabs={tabs}
      >
        <div className="mb-3 flex flex-wrap gap-2">
          <SearchInput
            className="min-w-52 flex-1"
            label="Search labels and people"
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
        {of === "keys" ? (
          <ApiKeys slug={slug} state={search.state} q={search.q ?? ""} />
        ) : (
          <TokenList slug={slug} isOwn={of === "me"} state={search.state} q={search.q ?? ""} />
        )}
      </Tabs>
      <CreateTokenDialog
        slug={slug}
        isOwn={of === "me"}
        isOpen={isCreating && of !== "keys"}
        onClose={close}
      />
      <CreateApiKeyDialog slug={slug} isOpen={isCreating && of === "keys"} onClose={close} />
    </Page>
  );
}
