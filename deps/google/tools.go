//go:build tools

// Package tools names the server, so that go.mod and go.sum pin it with all that it imports.
package tools

import _ "github.com/fsouza/fake-gcs-server"
