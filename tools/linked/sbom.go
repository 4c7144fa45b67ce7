package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// bill is a bill of materials in CycloneDX 1.6. It has no serial number and no time, so
// that the same commit always gives the same bytes.
type bill struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string          `json:"bom-ref"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Version    string          `json:"version,omitempty"`
	Licenses   []licenseChoice `json:"licenses"`
	PURL       string          `json:"purl"`
	Properties []property      `json:"properties,omitempty"`
}

type licenseChoice struct {
	License license `json:"license"`
}

// license has an SPDX name, or, where that is not known, a description.
type license struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref  string   `json:"ref"`
	Uses []string `json:"dependsOn,omitempty"`
}

// sbom is the bill of materials of the module in folder, whose version nobody but the
// caller knows.
func sbom(folder, version string) (string, error) {
	modules, err := linked(folder)
	if err != nil {
		return "", err
	}
	b := bill{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Components: []component{},
	}
	refs := make(map[string]string)
	for _, m := range modules {
		if m.Main {
			m.Version = version
		}
		refs[m.Path] = m.purl()
	}
	for _, m := range modules {
		c := component{Ref: m.purl(), Type: "library", Name: m.Path, Version: m.Version, PURL: m.purl(), Licenses: []licenseChoice{}}
		found, err := m.licenses()
		if err != nil {
			return "", err
		}
		for _, id := range found {
			if id == unknown {
				c.Licenses = append(c.Licenses, licenseChoice{license{Name: id}})
			} else {
				c.Licenses = append(c.Licenses, licenseChoice{license{ID: id}})
			}
		}
		// It is no hash of one file, which is what CycloneDX means by a hash.
		if m.Sum != "" {
			c.Properties = []property{{"go.sum", m.Sum}}
		}
		uses := dependency{Ref: m.purl()}
		for _, path := range m.needs {
			uses.Uses = append(uses.Uses, refs[path])
		}
		b.Dependencies = append(b.Dependencies, uses)
		if m.Main {
			b.Metadata.Component = c
		} else {
			b.Components = append(b.Components, c)
		}
	}
	if b.Metadata.Component.Name == "" {
		return "", fmt.Errorf("%s: no package of the module itself is linked", folder)
	}
	text, err := json.MarshalIndent(b, "", "  ")
	return string(text) + "\n", err
}

// purl is the module's package URL, under which databases of vulnerabilities know it.
func (m *module) purl() string {
	purl := "pkg:golang/" + m.Path
	if m.Version != "" {
		purl += "@" + strings.ReplaceAll(m.Version, "+", "%2B")
	}
	return purl
}
