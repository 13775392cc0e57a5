import type {
  Dashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
  VariableModel,
} from '@grafana/schema';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  FieldConfig as StateTimelineField,
  Options as StateTimelineOptions,
} from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type {
  FieldConfig as TimeSeriesField,
  Options as TimeSeriesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/**
 * What Grafana's own types say of the dashboards that are kept here: with the options of the kinds of panels that are used,
 * and nothing that Grafana does not know. dashboards.test.ts has the compiler hold the JSON against it.
 */
export type KnownDashboard = Json<
  Omit<Dashboard, 'panels' | 'templating'> & {
    panels: (
      | Row
      | Kind<'timeseries', TimeSeriesOptions, TimeSeriesField>
      | Kind<'stat', StatOptions>
      | Kind<'bargauge', BarGaugeOptions>
      | Kind<'state-timeline', StateTimelineOptions, StateTimelineField>
    )[];
    templating: { list: VariableModel[] };
  }
>;

type Row = Omit<RowPanel, 'panels'> & { panels: [] };

type Kind<Type extends string, Options, Custom = never> = Omit<
  Panel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Type;
  options: Options;
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & {
    defaults: Omit<FieldConfig, 'custom'> & { custom?: Custom };
  };
  targets: Query[];
};

/** Of the data source's own plugin, which has no published schema. */
interface Query {
  readonly refId: string;
  readonly datasource: { readonly type: 'prometheus'; readonly uid: string };
  readonly expr: string;
  readonly legendFormat: string;
  readonly editorMode: 'code';
  readonly instant: boolean;
  readonly range: boolean;
}

/** As JSON has it: enumerations by their values. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;
