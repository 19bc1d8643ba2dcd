package fn

import "math"

// Trigonometry in degrees, which is exact where the result is a simple number: arguments are brought into the first
// quadrant, and results are measured by that of 30, 45 or 60 degrees.

func radiansOf(x float64) float64 { return x * (math.Pi / 180) }

// sineTo30 is for 0..30 degrees.
func sineTo30(x float64) float64 { return math.Sin(radiansOf(x)) / math.Sin(radiansOf(30)) / 2 }

// cosineTo60 is for 0..60 degrees.
func cosineTo60(x float64) float64 {
	return 1 - (1-math.Cos(radiansOf(x)))/(1-math.Cos(radiansOf(60)))/2
}

// sine1 is the sine in the first quadrant.
func sine1(x float64) float64 {
	if x <= 30 {
		return sineTo30(x)
	}
	return cosineTo60(90 - x)
}

func cosine1(x float64) float64 {
	if x <= 60 {
		return cosineTo60(x)
	}
	return sineTo30(90 - x)
}

// quadrant1 brings an angle into the first quadrant; mirrored is set when it came from the other side of the x axis,
// beyond when it was beyond the y axis.
func quadrant1(x float64) (angle float64, mirrored, beyond bool) {
	x = math.Mod(x, 360)
	if x < 0 {
		x, mirrored = -x, true
	}
	if x > 180 {
		x, mirrored = 360-x, !mirrored
	}
	if x > 90 {
		return 180 - x, mirrored, true
	}
	return x, mirrored, false
}

func signedBy(x float64, negative bool) float64 {
	if negative {
		x = -x
	}
	return x + 0 // not -0
}

func sind(x float64) float64 {
	x, mirrored, _ := quadrant1(x)
	return signedBy(sine1(x), mirrored)
}

func cosd(x float64) float64 {
	x, _, beyond := quadrant1(x)
	return signedBy(cosine1(x), beyond)
}

func tand(x float64) float64 {
	x, mirrored, beyond := quadrant1(x)
	return signedBy(sine1(x)/cosine1(x)/(sine1(45)/cosine1(45)), mirrored != beyond)
}

func cotd(x float64) float64 {
	x, mirrored, beyond := quadrant1(x)
	return signedBy(cosine1(x)/sine1(x)/(cosine1(45)/sine1(45)), mirrored != beyond)
}

// asin1 is the arc sine of 0..1.
func asin1(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / math.Asin(0.5) * 30
	}
	return 90 - math.Acos(x)/math.Acos(0.5)*60
}

func asind(x float64) float64 {
	if x < 0 {
		return -asin1(-x)
	}
	return asin1(x)
}

func acosd(x float64) float64 {
	switch {
	case x < 0:
		return 90 + asin1(-x)
	case x <= 0.5:
		return 90 - math.Asin(x)/math.Asin(0.5)*30
	}
	return math.Acos(x) / math.Acos(0.5) * 60
}

func atand(x float64) float64 { return math.Atan(x) / math.Atan(1) * 45 }
