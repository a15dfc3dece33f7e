import { Menu } from "@base-ui/react/menu";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bookmark } from "lucide-react";
import { Suspense, useState } from "react";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { viewsQuery } from "./audit-api.ts";

const ViewsDialog = lazyComponent(() => import("./views-dialog.tsx"), "ViewsDialog");

/** A menu of the views that the signed-in member has saved in this workspace. */
export function SavedViews({ slug }: { slug: string }) {
  const { data: views = [] } = useQuery(viewsQuery(slug));
  const [isEditing, setIsEditing] = useState(false);
  const navigate = useNavigate();
  return (
    <>
      <Menu.Root>
        <Menu.Trigger
          render={
            <Button>
              <Bookmark className="size-3.5" aria-hidden />
              Views
            </Button>
          }
        />
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end" className="z-50">
            <Menu.Popup className="popup max-h-96 w-60 overflow-y-auto p-1">
              {views.map((view) => (
                <Menu.Item
                  key={view.id}
                  className="menu-item"
                  onClick={() => void navigate({ href: `/w/${slug}/audit?${view.search}` })}
                >
                  <span className="truncate">
                    <DisplayName name={view.name} />
                  </span>
                </Menu.Item>
              ))}
              <Menu.Item className="menu-item" onClick={() => setIsEditing(true)}>
                {views.length === 0 ? "Save this view…" : "Save or delete views…"}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {isEditing && (
        <Suspense>
          <ViewsDialog slug={slug} views={views} onClose={() => setIsEditing(false)} />
        </Suspense>
      )}
    </>
  );
}
