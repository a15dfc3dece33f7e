import { Bookmark, CalendarClock, Download, ListFilter, type LucideIcon } from "lucide-react";
import { lazy, Suspense, type ComponentProps, type ComponentType } from "react";
import { Button } from "../../ui/button.tsx";
import { LoadingState } from "../../ui/states.tsx";

// What the rows do not need is loaded after them. Until then a button of the same look is in its place.

function withButton<P extends object>(
  icon: LucideIcon,
  label: string,
  load: () => Promise<{ default: ComponentType<P> }>,
): ComponentType<P> {
  const Control = lazy(load);
  const Icon = icon;
  return function LazyControl(props: P) {
    const button = (
      <Button disabled>
        <Icon className="size-3.5" aria-hidden />
        {label}
      </Button>
    );
    return (
      <Suspense fallback={button}>
        {/* A cast: the props of a lazy component are those of the component. */}
        <Control {...(props as ComponentProps<typeof Control>)} />
      </Suspense>
    );
  };
}

/** See `range-picker.tsx`. */
export const RangePicker = withButton(CalendarClock, "Any time", async () => ({
  default: (await import("./range-picker.tsx")).RangePicker,
}));
/** See `more-filters.tsx`. */
export const MoreFilters = withButton(ListFilter, "Filters", async () => ({
  default: (await import("./more-filters.tsx")).MoreFilters,
}));
/** See `saved-views.tsx`. */
export const SavedViews = withButton(Bookmark, "Views", async () => ({
  default: (await import("./saved-views.tsx")).SavedViews,
}));
/** See `export-menu.tsx`. */
export const ExportMenu = withButton(Download, "Export", async () => ({
  default: (await import("./export-menu.tsx")).ExportMenu,
}));

const LazyChart = lazy(async () => ({ default: (await import("./call-chart.tsx")).CallChart }));
const LazyDetail = lazy(async () => ({ default: (await import("./call-detail.tsx")).CallDetail }));

/** See `call-chart.tsx`. */
export function CallChart(props: ComponentProps<typeof LazyChart>) {
  return (
    // As high as the chart, so that the rows do not move.
    <Suspense fallback={<div className="h-[13.5rem]" />}>
      <LazyChart {...props} />
    </Suspense>
  );
}

/** See `call-detail.tsx`. */
export function CallDetail(props: ComponentProps<typeof LazyDetail>) {
  return (
    <Suspense fallback={<LoadingState lines={10} />}>
      <LazyDetail {...props} />
    </Suspense>
  );
}
