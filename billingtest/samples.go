package billingtest

// Sample values of the rows. Names are invented, or Microsoft's public sample names.

var customerNames = []string{
	"Contoso", "Northwind Traders", "Adventure Works Cycles", "Tailspin Toys", "Wingtip Toys", "Woodgrove Bank",
	"Müller & Söhne GmbH", "Jäger Größenwahn AG", "Société Générée S.à r.l.", "Łódź Logistyka Sp. z o.o.", "株式会社サンプル商事",
	"示例科技有限公司", "Пример ООО", "Litware, Inc.", "Proseware \"Cloud\" Ltd", "Lucerne Publishing", "Margie's Travel", "A. Datum Corporation",
	"The Phone Company", "Alpine Ski House", "Coho Vineyard & Winery", "Graphic Design Institute", "Humongous Insurance", "Fourth Coffee 🚀",
}

var countries = []string{"DE", "DE", "DE", "AT", "CH", "FR", "PL", "US", "US", "GB", "NL", "JP", "IN"}

var entitlementNames = []string{"Production", "Development", "Azure subscription 1", "Sandbox", "Shared Services", "Prüfumgebung", "Data Platform"}

var tagTemplates = []string{
	`{"env":"prod","costCenter":"#"}`,
	`{"env":"dev","costCenter":"#","owner":"team-#@contoso.com"}`,
	`{ "Environment": "Production", "Department": "Finance", "Project": "P-#" }`,
	`{"Kostenstelle":"#","Standort":"Zürich"}`,
	`{"created by":"DOMAIN\\svc-#","env":"test"}`,
	`{"部門":"開発","code":"#"}`,
	`{"note":"\"quoted\" value #"}`,
}

type location struct{ code, region string }

var locations = []location{
	{"EASTUS2", "US East 2"},
	{"westeurope", "EU West"},
	{"northeurope", "EU North"},
	{"germanywestcentral", "DE West Central"},
	{"switzerlandnorth", "CH North"},
	{"SOUTHEASTASIA", "AP Southeast"},
	{"japaneast", "JA East"},
	{"", ""},
}

// service is a family of meters: one product, several SKUs.
type service struct {
	product, category, provider, kind, prefix, unit string
	subCategories, skus                             []string
	info                                            string // AdditionalInfo; # is the SKU
	floor, ceiling                                  uint64 // price in millionths of the pricing currency
	whole                                           bool   // only whole quantities
}

const vmInfo = `{  "ImageType": "Canonical",  "ServiceType": "#",  "VMName": null,  "VMProperties": null,  "UsageType": "ComputeHR"}`

var services = []service{
	{
		product: "Virtual Machines", category: "Virtual Machines", provider: "Microsoft.Compute", kind: "virtualMachines", prefix: "vm", unit: "1 Hour",
		subCategories: []string{"Dv5 Series", "Dsv5 Series Windows", "Ev5 Series", "BS Series"},
		skus:          []string{"Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_E4s_v5", "Standard_E16s_v5", "Standard_B1s", "Standard_B2ms", "Standard_F8s_v2"},
		info:          vmInfo, floor: 8_000, ceiling: 2_400_000,
	}, {
		product: "Virtual Machine Licenses", category: "Virtual Machine Licenses", provider: "Microsoft.Compute", kind: "virtualMachines", prefix: "vm", unit: "1 Hour",
		subCategories: []string{"Windows Server", "SQL Server Standard"}, skus: []string{"1 vCPU VM License", "2 vCPU VM License", "4 vCPU VM License", "8 vCPU VM License"},
		info: vmInfo, floor: 4_000, ceiling: 800_000,
	}, {
		product: "Premium SSD Managed Disks", category: "Storage", provider: "Microsoft.Compute", kind: "disks", prefix: "disk", unit: "1/Month",
		subCategories: []string{"Premium SSD Managed Disks"}, skus: []string{"P10 LRS Disk", "P20 LRS Disk", "P30 LRS Disk", "P40 ZRS Disk"}, floor: 2_000_000, ceiling: 30_000_000,
	}, {
		product: "Blob Storage", category: "Storage", provider: "Microsoft.Storage", kind: "storageAccounts", prefix: "st", unit: "1 GB/Month",
		subCategories: []string{"Tiered Block Blob", "Azure Data Lake Storage Gen2"}, skus: []string{"Hot LRS Data Stored", "Cool LRS Data Stored", "Hot ZRS Data Stored", "Archive GRS Data Stored"},
		floor: 900, ceiling: 46_000,
	}, {
		product: "Tables", category: "Storage", provider: "Microsoft.Storage", kind: "storageAccounts", prefix: "st", unit: "10K",
		subCategories: []string{"Tables"}, skus: []string{"LRS Batch Write Operations", "LRS Scan Operations", "LRS Class 1 Operations"}, floor: 30, ceiling: 400,
	}, {
		product: "Bandwidth", category: "Bandwidth", provider: "Microsoft.Network", kind: "publicIPAddresses", prefix: "pip", unit: "1 GB",
		subCategories: []string{"Rtn Preference: MGN", "Inter-Region"}, skus: []string{"Standard Data Transfer Out", "Intra Continent Data Transfer Out"}, floor: 10_000, ceiling: 90_000,
	}, {
		product: "Virtual Network", category: "Virtual Network", provider: "Microsoft.Network", kind: "publicIPAddresses", prefix: "pip", unit: "1 Hour",
		subCategories: []string{"IP Addresses"}, skus: []string{"Standard IPv4 Static Public IP", "Basic IPv4 Dynamic Public IP"}, floor: 2_600, ceiling: 5_000,
	}, {
		product: "SQL Database", category: "SQL Database", provider: "Microsoft.Sql", kind: "servers", prefix: "sql", unit: "1 Hour",
		subCategories: []string{"Single/Elastic Pool General Purpose - Compute Gen5", "Single Standard"}, skus: []string{"vCore", "S3 DTUs", "10 DTUs", "Zone Redundancy vCore"},
		info: `{"vCores":"4","SKU":"#","ServiceTier":"GeneralPurpose"}`, floor: 20_000, ceiling: 900_000,
	}, {
		product: "Azure App Service", category: "Azure App Service", provider: "Microsoft.Web", kind: "serverFarms", prefix: "plan", unit: "1 Hour",
		subCategories: []string{"Premium v3 Plan", "Basic Plan - Linux"}, skus: []string{"P1 v3 App", "P2 v3 App", "B1 App"}, floor: 17_000, ceiling: 400_000,
	}, {
		product: "Log Analytics", category: "Log Analytics", provider: "Microsoft.OperationalInsights", kind: "workspaces", prefix: "log", unit: "1 GB",
		subCategories: []string{"Log Analytics"}, skus: []string{"Pay-as-you-go Data Ingestion", "Analytics Logs Data Retention"}, floor: 100_000, ceiling: 2_760_000,
	}, {
		product: "Key Vault", category: "Key Vault", provider: "Microsoft.KeyVault", kind: "vaults", prefix: "kv", unit: "10K",
		subCategories: []string{"Key Vault"}, skus: []string{"Operations", "Advanced Key Operations"}, floor: 30_000, ceiling: 150_000,
	}, {
		product: "Microsoft Defender for Cloud", category: "Microsoft Defender for Cloud", provider: "Microsoft.Security", kind: "pricings", prefix: "defender", unit: "1 Node/Month",
		subCategories: []string{"Defender for Servers"}, skus: []string{"Standard P1 Node", "Standard P2 Node"}, floor: 4_900_000, ceiling: 14_600_000, whole: true,
	},
}

var resourceGroups = []string{"rg-prod-weu", "rg-shared", "RG-PLATFORM-NETWORK", "TestWINRG", "rg_daten-bereitstellung", "MC_aks-prod_westeurope", "defaultresourcegroup-weu"}

// offer is a product with a term, such as a license.
type offer struct {
	product, sku, term, frequency, category string
	qualifiers                              string // JSON
	price                                   uint64 // in hundredths of the pricing currency
	reservation                             bool
}

const yearlyByMonth = "One-Year commitment for monthly/yearly billing"

var offers = []offer{
	{"Microsoft 365 Business Premium", "Microsoft 365 Business Premium", yearlyByMonth, "Monthly", "OnlineServicesNCE", `[]`, 2200, false},
	{"Microsoft 365 E5", "Microsoft 365 E5 (no Teams)", yearlyByMonth, "Annual", "OnlineServicesNCE", `[]`, 65700, false},
	{"Power BI Pro", "Power BI Pro", "One-Month commitment for monthly billing", "Monthly", "OnlineServicesNCE", `["AddOn"]`, 1000, false},
	{"Visio Plan 2", "Visio Plan 2", yearlyByMonth, "Monthly", "OnlineServicesNCE", `["Trial"]`, 1500, false},
	{"Teams Phone Standard", "Teams Phone Standard (Add-on)", yearlyByMonth, "Monthly", "OnlineServicesNCE", `["AddOn","Trial"]`, 800, false},
	{"Reserved VM Instance, Standard_D4s_v5, EU West, 3 Years", "Standard_D4s_v5", "Reservation, 3 Years", "Monthly", "Azure", `[]`, 8423, true},
	{"Compute Savings Plan", "Savings Plan, 1 Year", "Savings Plan, 1 Year", "Monthly", "", `[]`, 120000, true},
	{"Windows Server 2022 Standard - 16 Core", "Windows Server 2022 Standard", "", "", "Software", `[]`, 106900, false},
}
