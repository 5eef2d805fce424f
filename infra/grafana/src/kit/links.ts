import { type DashboardLink, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

const LINK = {
  icon: 'external link',
  tooltip: '',
  tags: [],
  asDropdown: false,
  targetBlank: true,
  includeVars: false,
  keepTime: false,
}

/** To a page outside of Grafana. */
export const linkTo = (title: string, url: string): DashboardLink => ({
  ...LINK,
  title,
  url,
  type: DashboardLinkType.Link,
})

/** To each dashboard with that tag, with the time and the choices that the reader made. */
export const linksToTagged = (title: string, tag: string): DashboardLink => ({
  ...LINK,
  title,
  tags: [tag],
  type: DashboardLinkType.Dashboards,
  targetBlank: false,
  includeVars: true,
  keepTime: true,
})
