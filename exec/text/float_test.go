package text

import (
	"math"
	"testing"
)

// Numbers near the bounds between the two forms are written as PostgreSQL writes them.
func TestFloatForms(t *testing.T) {
	for x, want := range map[float64]string{1e-4: "0.0001", math.Nextafter(1e-4, 0): "9.999999999999999e-05", 1e15: "1e+15", math.Nextafter(1e15, 0): "999999999999999.9",
		999999.5: "999999.5", 123456789012345.6: "123456789012345.6", 0.1: "0.1", 1.0 / 3: "0.3333333333333333", 1e-5: "1e-05", 1e300: "1e+300", 5e-324: "5e-324", 1e14: "100000000000000"} {
		if got := string(AppendFloat64(nil, x)); got != want {
			t.Errorf("%b: %s, want %s", x, got, want)
		}
		if got := string(AppendFloat64(nil, -x)); got != "-"+want {
			t.Errorf("%b: %s, want -%s", -x, got, want)
		}
	}
	for x, want := range map[float32]string{1e-4: "0.0001", math.Nextafter32(1e-4, 0): "9.999999e-05", 1e6: "1e+06", math.Nextafter32(1e6, 0): "999999.94", 0.1: "0.1",
		999999: "999999", 1e-5: "1e-05", 3.4e38: "3.4e+38"} {
		if got := string(AppendFloat32(nil, x)); got != want {
			t.Errorf("%b: %s, want %s", x, got, want)
		}
	}
}
