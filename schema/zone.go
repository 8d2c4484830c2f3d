package schema

import (
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
)

// parseZone finds a zone by its name.
func parseZone(v string) (*time.Location, error) {
	const hint = "name one of the time zone database, such as 'Europe/Berlin', or 'UTC'"
	if v == "" || strings.EqualFold(v, "local") {
		return nil, withHint(hint, "the zone '%s' would differ from machine to machine", v)
	}
	loc, err := time.LoadLocation(v)
	if err == nil {
		return loc, nil
	}
	if near := nearZone(v); near != "" {
		return nil, withHint("did you mean '"+near+"'?", "there is no time zone '%s'", clip(v))
	}
	return nil, withHint(hint, "there is no time zone '%s'", clip(v))
}

// nearZone returns the common zone that is probably meant, or "". Only what
// stands behind the last / counts: people mistake the rest, or leave it out.
func nearZone(v string) string {
	name := strings.ReplaceAll(lastElement(strings.TrimSpace(v)), " ", "_")
	if zone := shortZones[strings.ToUpper(name)]; zone != "" {
		return zone
	}
	var names []string
	for _, z := range commonZones {
		names = append(names, lastElement(z))
	}
	near := syntax.Nearest(name, names)
	for i, n := range names {
		if n == near {
			return commonZones[i]
		}
	}
	return ""
}

func lastElement(zone string) string { return zone[strings.LastIndexByte(zone, '/')+1:] }

// shortZones are abbreviations that the database does not have as names, and
// that stand for one offset in most places; with them names of countries.
var shortZones = map[string]string{"CEST": "Europe/Berlin", "EEST": "Europe/Athens", "WEST": "Europe/Lisbon", "MSK": "Europe/Moscow",
	"EDT": "America/New_York", "CDT": "America/Chicago", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
	"JST": "Asia/Tokyo", "KST": "Asia/Seoul", "SGT": "Asia/Singapore", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "AWST": "Australia/Perth",
	"NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland", "GERMANY": "Europe/Berlin", "FRANCE": "Europe/Paris", "SPAIN": "Europe/Madrid",
	"ITALY": "Europe/Rome", "UK": "Europe/London", "INDIA": "Asia/Kolkata", "CHINA": "Asia/Shanghai", "Z": "UTC"}

// commonZones are those that are suggested.
var commonZones = strings.Fields(`UTC
	Africa/Abidjan Africa/Accra Africa/Addis_Ababa Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Dakar Africa/Johannesburg Africa/Kampala
	Africa/Khartoum Africa/Kinshasa Africa/Lagos Africa/Nairobi Africa/Tripoli Africa/Tunis
	America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bogota America/Caracas America/Chicago America/Costa_Rica
	America/Denver America/Detroit America/Edmonton America/Guatemala America/Halifax America/Havana America/Indiana/Indianapolis America/Jamaica
	America/La_Paz America/Lima America/Los_Angeles America/Manaus America/Mexico_City America/Montevideo America/New_York America/Panama
	America/Phoenix America/Puerto_Rico America/Santiago America/Sao_Paulo America/St_Johns America/Tijuana America/Toronto America/Vancouver
	America/Winnipeg
	Asia/Almaty Asia/Amman Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka Asia/Dubai Asia/Ho_Chi_Minh
	Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Kuala_Lumpur Asia/Kuwait Asia/Manila
	Asia/Novosibirsk Asia/Qatar Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei Asia/Tashkent Asia/Tbilisi Asia/Tehran Asia/Tokyo
	Asia/Vladivostok Asia/Yekaterinburg Asia/Yerevan
	Atlantic/Azores Atlantic/Canary Atlantic/Reykjavik
	Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart Australia/Melbourne Australia/Perth Australia/Sydney
	Europe/Amsterdam Europe/Athens Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Bucharest Europe/Budapest
	Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/Ljubljana Europe/London Europe/Luxembourg
	Europe/Madrid Europe/Malta Europe/Minsk Europe/Monaco Europe/Moscow Europe/Oslo Europe/Paris Europe/Prague Europe/Riga Europe/Rome
	Europe/Sarajevo Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Vaduz Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zagreb Europe/Zurich
	Indian/Maldives Indian/Mauritius
	Pacific/Auckland Pacific/Fiji Pacific/Guam Pacific/Honolulu`)
